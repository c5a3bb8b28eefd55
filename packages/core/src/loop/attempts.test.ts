import { afterEach, expect, test, vi } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import { AgentError } from '../contract/errors.ts'
import { failureOf, moved, openQuestion, stateIn } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

const busy: Answer = { error: new AgentError('busy', { code: 'provider-overloaded', phase: 'headers', retryable: true }) }
const empty: Answer = { text: '' }
const atOnce = { delayMs: 0 }

test.each([1, 2, 5])('a step that fails has %i requests where the agent says so', async (max) => {
  const model = scriptedModel(Array.from({ length: 9 }, () => busy))
  const error = await failureOf(new Agent({ model, attempts: { max, ...atOnce } }).generate('go'))
  expect(error).toMatchObject({ code: 'provider-overloaded', attempts: max })
  expect(model.requests).toHaveLength(max)
})

test.each([
  [{ max: 2 }, 2],
  [{ maxDelayMs: 1 }, 4],
])('a call replaces the options of its agent name by name: %j', async (attempts, requests) => {
  const model = scriptedModel(Array.from({ length: 9 }, () => busy))
  await failureOf(new Agent({ model, attempts: { max: 4, ...atOnce } }).generate('go', { attempts }))
  expect(model.requests).toHaveLength(requests)
})

afterEach(() => vi.restoreAllMocks())

test('the delays stay below those that were set', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.999)
  const run = new Agent({ model: scriptedModel([busy, busy, busy, { text: 'ok' }]), attempts: { max: 4, delayMs: 4, maxDelayMs: 6 } }).stream('go')
  const delays: number[] = []
  run.on('step-retry', ({ delayMs }) => delays.push(delayMs))
  await run.result
  expect(delays).toHaveLength(3)
  expect(delays.map((delay, index) => delay <= (index === 0 ? 4 : 6))).toEqual([true, true, true])
})

test('a long first delay is not cut by the default maximum', async () => {
  const run = new Agent({ model: scriptedModel([busy]), attempts: { delayMs: 1_000_000_000 } }).stream('go')
  run.on('step-retry', () => setImmediate(() => run.abort()))
  const delays: number[] = []
  run.on('step-retry', ({ delayMs }) => delays.push(delayMs))
  await failureOf(run.result)
  // A random share of 11 days: below 8 s once in 100,000 tries.
  expect(delays[0]).toBeGreaterThan(8_000)
})

test('with one attempt an empty reply is not requested again', async () => {
  const model = scriptedModel([empty, { text: 'ok' }])
  expect(await failureOf(new Agent({ model, attempts: { max: 1 } }).generate('go'))).toMatchObject({ code: 'empty-reply', attempts: 1 })
  expect(model.requests).toHaveLength(1)
})

test.each([
  [3, 1],
  [1, 3],
])('a run that asked again under %i attempts continues in the same course under %i', async (before, after) => {
  const script: Answer[] = [empty, { calls: [call('pay')] }, { text: 'Paid.' }].slice(before === 1 ? 1 : 0)
  const model = scriptedModel(script)
  const options = { model, tools: [testTool('pay', undefined, { needsApproval: true })] }
  const paused = await new Agent({ ...options, attempts: { max: before } }).generate('go')
  const agent = new Agent({ ...options, attempts: { max: after } })
  const result = await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: approve() } }).result

  expect(result).toMatchObject({ status: 'finished', text: 'Paid.' })
  expect(model.requests).toHaveLength(script.length)
})

test('a run that release 0.1.0 began asks for an empty third reply of a step no more', async () => {
  const model = scriptedModel([{ calls: [call('pay')] }, busy, busy, empty, { text: 'ok' }])
  const agent = new Agent({ model, tools: [testTool('pay', undefined, { needsApproval: true })], attempts: { max: 9, ...atOnce } })
  const paused = await agent.generate('go')
  const records = stateIn(paused).records.filter(({ id }) => id === 'steps/1/model/1')
  const old = await agent.resume({ ...stateIn(paused), version: 1 as const, records }, { acceptAnswers: true }).result
  const error = await failureOf(agent.resume(stateIn(old), { acceptAnswers: true, answers: { [openQuestion(old)]: approve() } }).result)
  expect(error).toMatchObject({ code: 'empty-reply', attempts: 3 })
})
