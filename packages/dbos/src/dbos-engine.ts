import type { Decision, Engine, EngineStep, Json, PendingQuestion } from '@capstan/core'
import { expiredDecision } from '@capstan/core/internal'
import { DBOS, DBOSWorkflowConflictError } from '@dbos-inc/dbos-sdk'

/** The event in which a run shows the questions that were asked so far, decided or not. */
export const pendingEvent = 'pending'

/** DBOS has one connection for each process. */
const scope = {}
const yearSeconds = 365 * 24 * 3600

/**
 * The engine of the DBOS workflow that calls this: steps are `DBOS.runStep`, decisions are messages to the workflow, with the position of
 * the question as topic.
 *
 * @param keep - Keeps a decision, unless there is one about its question, and sends the one that stays to the run.
 */
export function dbosEngine(runId: string, keep: (decision: Decision) => Promise<void>): Engine {
  const asked: PendingQuestion[] = []
  return {
    scope,
    // A step that is begun inside a step of DBOS must see that it is: it is not recorded by itself.
    keepsContext: true,
    steps: (steps) => recordAll(runId, steps),
    async decisions(questions) {
      asked.push(...questions)
      await DBOS.setEvent(pendingEvent, asked)
      const decisions: Decision[] = []
      // In turn: DBOS numbers what a workflow does by the order in which it is started.
      for (const question of questions) decisions.push(await receive(question, keep))
      return decisions
    },
  }
}

async function recordAll(runId: string, steps: readonly EngineStep[]): Promise<readonly Json[]> {
  const halt = new AbortController()
  let turn: Promise<void> = Promise.resolve()
  const values = steps.map((step) => {
    const { value, begun } = record(step, { runId, turn, halt: halt.signal })
    turn = begun
    return value
  })
  try {
    return await Promise.all(values)
  } catch (error) {
    // Nobody waits for the rest: what DBOS holds for them is freed.
    halt.abort(error)
    throw error
  }
}

interface Place {
  readonly runId: string
  /** The step before has begun, or was recorded. */
  readonly turn: Promise<void>
  readonly halt: AbortSignal
}

/** Starts a step, which gets its number at once. DBOS then reads the database before each body, so bodies need a turn to begin in order. */
function record(step: EngineStep, { runId, turn, halt }: Place): { readonly value: Promise<Json>; readonly begun: Promise<void> } {
  let begin = (): void => {}
  const entered = new Promise<void>((resolve) => {
    begin = resolve
  })
  const body = async (): Promise<string> => {
    await turn
    const { signal, release } = lossOf(halt)
    try {
      if (signal.aborted) throw new DBOSWorkflowConflictError(runId)
      const value = step.run()
      begin()
      // As text: the serializer of DBOS drops some keys of an object, and looks at each of them.
      return JSON.stringify(await Promise.race([value, lost(runId, signal)]))
    } finally {
      release()
    }
  }
  // Failures of a step are values; DBOS runs nothing again by itself.
  const value = DBOS.runStep(body, { name: step.name, retriesAllowed: false })
  value.then(begin, begin)
  return { value: value.then((text) => JSON.parse(text) as Json), begun: entered }
}

/** Fires when the workflow was cancelled, or a step beside this one failed. */
function lossOf(halt: AbortSignal): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const signals = [halt, ...(DBOS.stepStatus === undefined ? [] : [DBOS.stepStatus.cancelSignal])]
  for (const signal of signals) {
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  }
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) signal.removeEventListener('abort', abort)
    },
  }
}

async function lost(runId: string, signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  // The one error that DBOS does not record as the outcome of a step: this execution has nothing to say any more.
  throw new DBOSWorkflowConflictError(runId)
}

/** Waits for the first decision about a question. One that nobody makes in time is made here, through the same store. */
async function receive(question: PendingQuestion, keep: (decision: Decision) => Promise<void>): Promise<Decision> {
  const { position, expiresInMs } = question
  let timeoutSeconds = expiresInMs === undefined ? yearSeconds : expiresInMs / 1_000
  for (;;) {
    // Without a number DBOS waits for a minute.
    const decision = await DBOS.recv<Decision>(position, { timeoutSeconds })
    if (decision !== null) return decision
    if (expiresInMs !== undefined) await keep(expiredDecision(question))
    timeoutSeconds = yearSeconds
  }
}
