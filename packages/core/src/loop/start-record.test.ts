import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { approve } from '../contract/answers.ts'
import { isJsonObject } from '../contract/json.ts'
import type { RunState } from '../contract/result.ts'
import { failureOf, openQuestion } from '../testing/runs.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

const ask = (name: string) => ({ calls: [{ name, input: {} }] })
const gated = () => testTool('pay', () => 'paid', { needsApproval: true })

function priced(answers: Parameters<typeof scriptedModel>[0], input: number) {
  const model = scriptedModel(answers)
  return { ...model, traits: { ...model.traits, prices: { currency: 'USD', input, output: input } } }
}

function startOf(state: RunState | undefined): unknown {
  return state?.records.find((record) => record['id'] === 'start' && record['type'] === 'done')?.['output']
}

test('the first record of a run has everything that its course depends on', async () => {
  const agent = new Agent({ model: priced([ask('pay')], 7), tools: [gated()], instructions: 'Be brief.', toolChoice: 'auto', limits: { steps: 3 } })
  const { state } = await agent.generate('go', { limits: { cost: 1_000_000 } })
  expect(startOf(state)).toMatchObject({
    random: expect.any(String),
    config: {
      rules: 1,
      instructions: 'Be brief.',
      toolChoice: 'auto',
      limits: { steps: 3, toolCalls: 100, cost: 1_000_000, durationMs: 1_800_000 },
      models: [{ prices: { currency: 'USD', input: 7, output: 7 } }],
      tools: ['pay', 'read_result'],
    },
  })
})

test('a run that is resumed counts with the prices, limits, instructions and tool choice that it recorded', async () => {
  const before = new Agent({ model: priced([ask('pay')], 1_000_000), tools: [gated()], instructions: 'Old.', toolChoice: 'auto' })
  const paused = await before.generate('go', { limits: { steps: 2 } })
  const model = priced([ask('other'), { text: 'closing' }], 9_000_000)
  const other = testTool('other', () => 'x')
  const after = new Agent({ model, tools: [other, gated()], instructions: 'New.', limits: { steps: 9 } })
  const result = await after.resume(JSON.parse(JSON.stringify(paused.state)), { answers: { [openQuestion(paused)]: approve() } }).result

  expect(model.requests[0]).toMatchObject({ instructions: 'Old.', toolChoice: 'auto', tools: [{ name: 'pay' }, { name: 'read_result' }] })
  expect(result).toMatchObject({ stopReason: 'max-steps', cost: { currency: 'USD', amountMicros: result.usage.totalTokens } })
  expect(result.steps[1]?.toolResults).toMatchObject([{ status: 'unknown-tool' }])
  expect(result.warnings).toMatchObject([{ code: 'definition-changed' }])
})

test('`instructions` of the context of a run are made once, and their text is recorded', async () => {
  let calls = 0
  const instructions = ({ user }: { readonly user: string }): string => `Serve ${user} (${++calls}).`
  const paused = await new Agent<{ user: string }>({ model: scriptedModel([ask('pay')]), tools: [gated()], instructions }).generate('go', {
    context: { user: 'Ada' },
  })
  const model = scriptedModel([{ text: 'done' }])
  const agent = new Agent<{ user: string }>({ model, tools: [gated()], instructions })
  await agent.resume(paused.state as RunState, { answers: { [openQuestion(paused)]: approve() }, context: { user: 'Bob' } }).result

  expect(model.requests[0]?.instructions).toBe('Serve Ada (1).')
})

test.each([
  ['throw', () => Promise.reject(new Error('no such user')), 'no such user'],
  ['return no text', () => Promise.resolve(undefined as never), 'must return a string, not undefined'],
])('`instructions` that %s end the run before any request', async (_, instructions, words) => {
  const model = scriptedModel([{ text: 'x' }])
  const error = await failureOf(new Agent({ model, instructions }).generate('go'))
  expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(words) })
  expect(model.requests).toHaveLength(0)
})

test('`instructions` that never settle are abandoned at the time limit', async () => {
  const model = scriptedModel([{ text: 'x' }])
  const result = await new Agent({ model, instructions: () => new Promise<string>(() => {}), limits: { durationMs: 20 } }).generate('go')
  expect(result).toMatchObject({ stopReason: 'max-duration' })
  expect(model.requests).toHaveLength(0)
})

test.each([
  [{ limits: { steps: 0 } }, 'limits.steps'],
  [{ limits: { cost: 5 } }, 'needs prices'],
  [{ toolChoice: 'required' as const }, 'needs tools'],
  [{ toolChoice: 'any' as never }, "'auto', 'none', 'required'"],
  [{ metadata: [] as never }, 'must be an object'],
  [{ metadata: { at: new Date(0) } as never }, 'plain JSON'],
])('a call with %j is refused', async (options, words) => {
  const error = await failureOf(new Agent({ model: scriptedModel([]) }).generate('go', options))
  expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(words) })
})

test('limits of a call replace those of the agent name by name', async () => {
  const model = scriptedModel([ask('look'), ask('look'), { text: 'closing' }])
  const agent = new Agent({ model, tools: [testTool('look', () => 'x')], limits: { steps: 9, toolCalls: 1 } })
  const result = await agent.generate('go', { limits: { toolCalls: 5, steps: 2 } })
  expect(result.stopReason).toBe('max-steps')
  expect(result.toolCalls).toBe(2)
})

test('outcomes and answers record when they came', async () => {
  const began = Date.now()
  const agent = new Agent({ model: scriptedModel([ask('pay'), ask('pay')]), tools: [gated()] })
  const paused = await agent.generate('go')
  const { state } = await agent.resume(paused.state as RunState, { answers: { [openQuestion(paused)]: approve() } }).result
  const timed = (state as RunState).records.filter(({ type }) => type === 'done' || type === 'answer')
  expect(timed.length).toBeGreaterThan(3)
  for (const record of timed) {
    expect(isJsonObject(record) && Number(record['at'])).toBeGreaterThanOrEqual(began)
    expect(Number(record['at'])).toBeLessThanOrEqual(Date.now())
  }
})
