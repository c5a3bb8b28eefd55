import { AgentError, decide, finishedEvents, type Journal, openQuestions, type Run, type RunRecord, type RunResult, type RunState } from '@capstan/core'
import type { RecordedCase } from './cases.ts'
import type { SentRequest, Stage, World } from './world.ts'

/** Where a run is kept: in a journal, or as a state that the caller has. */
export type Keeper = { readonly runId: string; readonly kill?: () => void } & ({ readonly journal: Journal } | { readonly state: RunState | undefined })

/** What one process did. */
export interface Played {
  /** The records that it added to the journal; empty without a journal. */
  readonly records: readonly RunRecord[]
  readonly requests: readonly SentRequest[]
  readonly effects: World['effects']
  readonly result: ReturnType<typeof shownResult>
}

/** Plays one process of a case. At the point where the process dies, the run is aborted, unless the keeper can kill the process. */
export async function play({ agent }: RecordedCase, stage: Stage, keeper: Keeper): Promise<Played & { readonly state: RunState | undefined }> {
  const world: World = {
    stage,
    requests: [],
    effects: [],
    failed: new Set(),
    end: () => {
      setImmediate(() => (stage.dies !== undefined && keeper.kill ? keeper.kill() : run.abort()))
      return new Promise<never>(() => {})
    },
  }
  const records: RunRecord[] = []
  const run = await begin(agent(world), stage, 'journal' in keeper ? { ...keeper, journal: watched(keeper.journal, records) } : keeper)
  const { result, error } = await settle(run)
  if ('journal' in keeper && stage.decides !== undefined) await decide(keeper.journal, keeper.runId, stage.decides)
  return { records, requests: world.requests, effects: world.effects, result: shownResult(result, error), state: result?.state }
}

/** What a reader of a journal sees of a run. */
export async function readShown(journal: Journal, runId: string) {
  const saved = await journal.read(runId)
  return { questions: openQuestions(saved).map(({ id, about }) => ({ id, about })), events: finishedEvents(saved) }
}

async function begin(agent: ReturnType<RecordedCase['agent']>, { isRestart, answers = {} }: Stage, keeper: Keeper): Promise<Run> {
  const { runId } = keeper
  if ('state' in keeper) return keeper.state === undefined ? agent.stream('go', { runId }) : agent.resume(keeper.state, { answers, acceptAnswers: true })
  const { journal } = keeper
  const isThere = (await journal.list({ limit: 1_000 })).runs.some((listed) => listed.runId === runId)
  return isThere && isRestart !== true ? agent.resume(runId, { journal, answers }) : agent.stream('go', { journal, runId })
}

async function settle(run: Run): Promise<{ readonly result: RunResult | undefined; readonly error?: AgentError }> {
  try {
    return { result: await run.result }
  } catch (error) {
    if (!AgentError.is(error)) throw error
    return { result: error.result, error }
  }
}

/** Wraps a journal and collects the records that are added to it. */
function watched(journal: Journal, records: RunRecord[]): Journal {
  return {
    ...journal,
    async open(runId, head) {
      const run = await journal.open(runId, head)
      const append: typeof run.append = async (added, isDurable) => {
        await run.append(added, isDurable)
        records.push(...added)
      }
      return { ...run, append }
    },
  }
}

/** The content of a result, without times. */
function shownResult(result: RunResult | undefined, error: AgentError | undefined) {
  const { status, stopReason, text, output, finishReason, messages, usage, cost, toolCalls, warnings, pending } = result ?? {}
  const steps = result?.steps.map(({ step, model, toolResults, usage, attempts }) => ({ step, model, toolResults, usage, attempts }))
  const shown = { error: error?.code, status, stopReason, text, output, finishReason, messages, usage, cost, toolCalls, warnings, pending, steps }
  return JSON.parse(JSON.stringify(shown)) as typeof shown
}
