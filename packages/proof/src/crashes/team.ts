import type { Agent, Engine, Journal, Json, PendingQuestion, StopReason, ToolEffect } from '@capstan/core'
import {
  type Child,
  EngineHost,
  isJsonObject,
  makeQuestionId,
  type Operation,
  type Operations,
  type Outcome,
  RecordHost,
  runChildren,
} from '@capstan/core/internal'
import { Witness } from '@capstan/test-kit'
import { type EndedRun, isApproval } from './crash.ts'
import { die, type TeamDeath } from './points.ts'

export interface TeamSetting {
  readonly runId: string
  /** Path of the file that counts what happened outside of any journal. */
  readonly witness: string
  /** Where this process dies. */
  readonly team?: TeamDeath | undefined
}

/** How one process of the team's run ended. */
export interface TeamEnd {
  readonly stopReason: StopReason
  readonly pending: readonly PendingQuestion[]
  readonly result: EndedRun
}

/** What a child does, one tool in each step. Names are those of the tools; `ask` is a call that a person approves. */
type Step = readonly [tool: string, effect: ToolEffect, ask?: 'ask']

const children: readonly (readonly Step[])[] = [
  [
    ['pay-0', 'once'],
    ['book-0', 'idempotent'],
    ['look-0', 'read'],
    ['ship-0', 'once', 'ask'],
  ],
  [
    ['pay-1', 'once'],
    ['ship-1', 'once', 'ask'],
  ],
]

/** Tools whose effects must happen once, whatever dies. */
export const onceTools: readonly string[] = children.flat().flatMap(([tool, effect]) => (effect === 'once' ? [tool] : []))

/** Two children of one run, of four and of two steps, in rounds over the operations of a host. */
async function runTeam(operations: Operations, { witness }: TeamSetting): Promise<TeamEnd> {
  const [start] = await operations.perform([{ id: 'start', name: 'start', effect: 'read', run: async () => ({ random: String(Math.random()) }) }])
  const random = start?.status === 'done' ? start.output.random : undefined
  const questionIds = { make: (position: string, about: Json): string => makeQuestionId({ random, position, about }) }
  const outside = new Witness(witness)
  const end = await runChildren(
    { operations, questionIds },
    children.map((steps, index) => childOf(index, steps, outside)),
  )
  const text = JSON.stringify(end.ends ?? [])
  const { pending = [] } = end
  const isUnknown = pending.some((question) => !isApproval(question))
  const stopReason = pending.length === 0 ? 'finished' : isUnknown ? 'outcome-unknown' : 'paused'
  return { stopReason, pending, result: { text, messages: [], toolCalls: children.flat().length } }
}

function childOf(index: number, steps: readonly Step[], outside: Witness): Child<string> {
  return {
    call: { step: 1, index },
    run: async (operations) => {
      const said: string[] = []
      for (const [at, [tool, effect, ask]] of steps.entries()) {
        const step = `steps/${at + 1}`
        said.push(await request(operations, { id: `${step}/model/1`, outside, line: `model ${index} ${at + 1}` }))
        const about = { toolName: tool, input: { step: at + 1 } }
        if (ask !== undefined) said.push(JSON.stringify(await answerTo(operations, `${step}/tools/0/approval`, { type: 'approval', ...about })))
        said.push(await call(operations, { id: `${step}/tools/0`, tool, effect, outside, about }))
      }
      return said.join(', ')
    },
  }
}

interface Request {
  readonly id: string
  readonly outside: Witness
  readonly line: string
}

async function request(operations: Operations, { id, outside, line }: Request): Promise<string> {
  const run = async (): Promise<string> => {
    outside.add(line)
    return `${line} said`
  }
  return outputOf(await operations.perform([{ id, name: 'model', effect: 'read', run }])) ?? ''
}

interface Call extends Pick<Operation<string>, 'id' | 'effect'> {
  readonly tool: string
  readonly outside: Witness
  readonly about: Readonly<Record<string, Json>>
}

/** Runs a call, and asks what became of it when its outcome is unknown. */
async function call(operations: Operations, { id, tool, effect, outside, about }: Call): Promise<string> {
  const run: Operation<string>['run'] = async ({ key }) => {
    // The effects of the two children meet in another order than the bodies begin.
    await new Promise((resolve) => setTimeout(resolve, tool.endsWith('0') ? 6 : 2))
    outside.add(`effect ${tool} ${key.replace(/\/again\/\d+$/, '')}`)
    return `${tool} is done`
  }
  for (let round = 0; ; round++) {
    const output = outputOf(await operations.perform([{ id: round === 0 ? id : `${id}/again/${round}`, name: `tool ${tool}`, effect, run }]))
    if (output !== undefined) return output
    const answer = await answerTo(operations, `${id}/outcome/${round + 1}`, { type: 'outcome', ...about })
    if (isJsonObject(answer) && typeof answer['output'] === 'string') return answer['output']
  }
}

function outputOf([outcome]: readonly Outcome<string>[]): string | undefined {
  return outcome?.status === 'done' ? outcome.output : undefined
}

async function answerTo(operations: Operations, position: string, about: Json): Promise<Json> {
  const [outcome] = await operations.ask([{ id: position, position, about }])
  // A pending question pauses the run, so nobody waits for it here.
  return outcome?.status === 'answered' ? outcome.value : null
}

const quiet = { emit: () => {}, room: () => undefined } as const

/** One process of the team's run on a journal. */
export async function runTeamIn(journal: Journal, setting: TeamSetting): Promise<TeamEnd> {
  const { runId, team = {} } = setting
  const host = new RecordHost({ runId, signal: new AbortController().signal, ...quiet })
  const definition = { format: 2, instructions: null, tools: {}, hooks: [], output: null } as const
  const run = await journal.open(runId, { version: 2, runId, definition, input: [] })
  let count = 0
  const append: typeof run.append = async (records, isDurable) => {
    count += records.length
    if (team.beforeRecord !== undefined && count >= team.beforeRecord) die()
    await run.append(records, isDurable)
    if (team.afterRecord !== undefined && count >= team.afterRecord) die()
  }
  await host.attach({ ...run, append, decide: (decision) => journal.decide(runId, decision) })
  const end = await runTeam(host, setting)
  host.checkCourse()
  await run.close()
  return end
}

/** The team in the place of an agent, for a package that makes the engine by itself. */
export function teamAgent(setting: TeamSetting, wrap: (engine: Engine) => Engine): Pick<Agent, 'generate' | 'resume'> {
  const generate = async (_input: unknown, { engine, runId = '' }: { readonly engine?: Engine; readonly runId?: string } = {}): Promise<EndedRun> => {
    if (engine === undefined) throw new Error('The team runs on an engine.')
    const host = new EngineHost({ runId, signal: new AbortController().signal, ...quiet }, dyingInBodies(wrap(engine), setting.team))
    return (await runTeam(host, setting)).result
  }
  const resume = (): never => {
    throw new Error('No crash test continues a state.')
  }
  // The packages use no more of a result than what a crash test compares.
  return { generate, resume } as unknown as Pick<Agent, 'generate' | 'resume'>
}

/** An engine whose process dies before a step is recorded, or after the batch of that step is. */
function dyingInBodies(engine: Engine, { beforeRecord, afterRecord }: TeamDeath = {}): Engine {
  let count = 0
  return {
    ...engine,
    async steps(steps) {
      const values = await engine.steps(
        steps.map(({ name, run }) => ({
          name,
          run: async () => {
            const value = await run()
            count++
            if (beforeRecord !== undefined && count >= beforeRecord) die()
            return value
          },
        })),
      )
      if (afterRecord !== undefined && count >= afterRecord) die()
      return values
    },
  }
}
