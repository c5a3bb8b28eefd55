import { expect, test } from 'vitest'
import { Agent } from '../../agent/agent.ts'
import { resolveAgent } from '../../agent/resolve-agent.ts'
import { approve } from '../../contract/answers.ts'
import { isJsonObject, type Json } from '../../contract/json.ts'
import type { PendingQuestion, RunResult } from '../../contract/result.ts'
import { decideOn } from '../../durability/decisions.ts'
import { EngineHost } from '../../durability/hosts/engine-host.ts'
import type { RunHost } from '../../durability/hosts/run-host.ts'
import type { RunRecord } from '../../durability/records.ts'
import { agentTool, ask } from '../../testing/agent-tools.ts'
import { answerOf, type CallSteps, DyingHost, loopRunOf, steppingModel, toolsWith } from '../../testing/children.ts'
import { NumberedEngine, type RecordedStep } from '../../testing/numbered-engine.ts'
import { soon, tick } from '../../testing/runs.ts'
import { call } from '../../testing/scripted-model.ts'
import type { LoopAgent } from '../loop-agent.ts'
import { runLoop } from '../run-loop.ts'

/** Three agents of different lengths; one of them has another one, and two ask for approval. What tools do is added to `effects`. */
function team(effects: string[]): LoopAgent {
  const tools = toolsWith(effects)
  const agent = (name: string, steps: CallSteps, more: typeof tools = []): Agent =>
    new Agent({ name, model: steppingModel(steps, `${name} is done`), tools: [...tools, ...more] })
  const deep = agent('deep', [[call('ship', { deep: 1 })], [call('pay', { deep: 2 })]])
  const first = agent('first', [[call('look'), ask('deep')], [call('book')]], [agentTool('deep', deep)])
  const second = agent('second', [[call('ship', { second: 1 })]])
  const third = agent('third', [[call('book')], [call('look')], [call('ship', { third: 3 }), call('pay', { third: 3 })], [call('look')]])
  const own = [agentTool('first', first), agentTool('second', second), agentTool('third', third, { returns: 'final' })]
  const model = steppingModel(
    [
      [ask('first'), call('look'), ask('second')],
      [ask('third'), call('pay', { own: 2 })],
    ],
    'end',
  )
  return resolveAgent({ name: 'boss', model, tools: [...tools, ...own] })
}

async function runOn(host: RunHost, effects: string[]): Promise<RunResult> {
  const run = loopRunOf(team(effects), host, 'go')
  try {
    return await runLoop(run)
  } finally {
    run.clock.end()
  }
}

/** What must not depend on where processes died. A request that was under way then is charged as unknown. */
function essence({ status, stopReason, text, agent, messages, children, usage: { unknownAttempts: _, ...usage } }: RunResult): Json {
  const inside = children.map(({ path, key, steps, toolCalls, usage: { unknownAttempts: _unknown, ...own } }) => ({
    path,
    key,
    toolCalls,
    own,
    results: steps.flatMap(({ toolResults }) => toolResults),
  }))
  return JSON.parse(JSON.stringify({ status, stopReason, text, agent, messages, usage, inside })) as Json
}

function once(effects: readonly string[]): readonly string[] {
  return effects.filter((line) => /^(?:ship|pay) /.test(line)).sort()
}

interface Ended {
  readonly essence: Json
  readonly records: readonly RunRecord[]
  readonly effects: readonly string[]
  readonly unknown: number
  /** How many questions each process paused with. */
  readonly asked: readonly number[]
}

/** Runs processes until the run has ended: one of them is killed as soon as there are so many records. */
async function toEnd(killAt?: number): Promise<Ended> {
  const effects: string[] = []
  const asked: number[] = []
  let [records, answers, unknown]: [readonly RunRecord[], ReadonlyMap<string, Json>, number] = [[], new Map(), 0]
  let isKilled = false
  for (let process = 0; process < 12; process++) {
    const host = new DyingHost(records, answers, isKilled ? undefined : killAt)
    const result = await soon(runOn(host, effects)).catch((error: unknown) => {
      if (String(error) !== 'Error: killed') throw error
      isKilled = true
      return undefined
    })
    records = [...host.records]
    if (result !== undefined && result.status !== 'paused') {
      host.checkCourse()
      return { essence: essence(result), records, effects, unknown, asked }
    }
    const pending = result?.pending ?? []
    if (result !== undefined) asked.push(pending.length)
    unknown += pending.filter(({ position }) => position.includes('/outcome/')).length
    answers = new Map(pending.map((question) => [question.position, answerOf(question, effects)]))
  }
  throw new Error('The run did not end within 12 processes.')
}

test('agents of different lengths, inside each other and with approvals: killed at each record, the run ends the same, and nothing is done twice', async () => {
  const whole = await toEnd()
  expect(whole.essence).toMatchObject({ status: 'finished', agent: 'third', text: 'third is done' })
  // Its own approval beside that of an agent.
  expect(whole.asked).toEqual([1, 2])
  expect(new Set(once(whole.effects)).size).toBe(6)
  expect(once(whole.effects)).toHaveLength(6)
  let asked = 0
  for (let killAt = 1; killAt <= whole.records.length; killAt++) {
    const { essence: ended, effects, unknown } = await toEnd(killAt)
    expect([killAt, ended]).toEqual([killAt, whole.essence])
    expect([killAt, once(effects)]).toEqual([killAt, once(whole.effects)])
    asked += unknown
  }
  expect(whole.records.length).toBeGreaterThan(60)
  expect(asked).toBeGreaterThan(5)
}, 60_000)

/** People say of each call of unknown outcome that it was done. */
class AnsweringEngine extends NumberedEngine {
  override async decisions(questions: readonly PendingQuestion[]) {
    this.asked.push(...questions.map(({ position }) => position))
    const answers = Object.fromEntries(questions.map((question) => [question.id, doneOrApproved(question)]))
    return decideOn({ questions, decided: [], answers })
  }
}

function doneOrApproved({ about }: PendingQuestion) {
  const { type, toolName } = isJsonObject(about) ? about : {}
  return type === 'outcome' ? { output: `${String(toolName)} done` } : approve()
}

test('on an engine that numbers its steps, killed after each one, the run takes the same course', async () => {
  const on = (engine: AnsweringEngine, effects: string[]): Promise<RunResult> => {
    const host = new EngineHost({ runId: 'r', signal: new AbortController().signal, emit: () => {}, room: () => undefined }, engine)
    return runOn(host, effects)
  }
  const recorded: RecordedStep[] = []
  const whole = essence(await soon(on(new AnsweringEngine(recorded), [])))
  for (let crashAfter = 1; crashAfter < recorded.length; crashAfter++) {
    const steps: RecordedStep[] = []
    const effects: string[] = []
    // Its process is dead: what it still waits for never comes.
    const dying = on(new AnsweringEngine(steps, crashAfter), effects)
    for (let turn = 0; turn < 200 && steps.filter(({ value }) => value !== undefined).length < crashAfter; turn++) await tick()
    dying.catch(() => {})
    const next = await soon(on(new AnsweringEngine(steps), effects))
    expect([crashAfter, essence(next)]).toEqual([crashAfter, whole])
  }
  expect(recorded.length).toBeGreaterThan(40)
}, 60_000)

test('the calls of all agents are recorded under the calls that they answer', async () => {
  const { records } = await toEnd()
  const ids = records.filter(({ type }) => type === 'done').map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toContain('steps/1/tools/0/steps/1/tools/1/start')
  expect(ids).toContain('steps/1/tools/0/steps/1/tools/1/result')
})
