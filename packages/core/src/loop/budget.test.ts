import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { abortAt, moved, openQuestion } from '../testing/runs.ts'
import { call, overloaded, scriptedModel } from '../testing/scripted-model.ts'
import { never, payTool, testTool } from '../testing/test-tool.ts'

const prices = { currency: 'USD', input: 1_000_000, output: 1_000_000 }

test('a retry whose estimate would pass the token limit is not sent', async () => {
  const model = scriptedModel([{ error: overloaded() }, { text: 'ok' }])
  const result = await new Agent({ model, limits: { tokens: 150 } }).generate('x'.repeat(300))

  expect(result.stopReason).toBe('max-tokens')
  expect(model.requests).toHaveLength(1)
})

test('a retry whose estimate would pass the money limit is not sent', async () => {
  const model = scriptedModel([{ error: overloaded() }, { text: 'ok' }], { prices })
  const result = await new Agent({ model, limits: { cost: 150 } }).generate('x'.repeat(300))

  expect(result.stopReason).toBe('max-cost')
  expect(model.requests).toHaveLength(1)
})

test.each([
  ['would pass the money limit is not sent', 8_000_000, 0],
  ['just fits is sent', 1_000_000, 1],
])('a request that %s at the price of cache writes', async (_, cacheWrite, sent) => {
  const model = scriptedModel([{ text: 'ok' }], { prices: { ...prices, cacheWrite } })
  await new Agent({ model, limits: { cost: 200 } }).generate('x'.repeat(300))
  expect(model.requests).toHaveLength(sent)
})

test('the bounds of a cost count each request by its own report of cache writes', async () => {
  const usage = { inputTokens: 100, cachedInputTokens: 40, outputTokens: 10, totalTokens: 110 }
  const answers = [
    { calls: [call('look')], usage: { ...usage, cacheWriteTokens: 0 } },
    { calls: [call('look')], usage },
    { error: overloaded() },
    { text: 'ok', usage },
  ]
  const model = scriptedModel(answers, { prices: { ...prices, cachedInput: 0, cacheWrite: 5_000_000 } })
  const { cost } = await new Agent({ model, tools: [testTool('look')] }).generate('go')
  expect(cost?.atLeast).toBe(70 + 310 + 310)
  expect((Number(cost?.atMost) - Number(cost?.atLeast)) % 5).toBe(0)
})

test('an empty reply is not requested again beyond the token limit', async () => {
  const model = scriptedModel([{ usage: { inputTokens: 100, outputTokens: 900, totalTokens: 1_000 } }, { text: 'ok' }])
  const result = await new Agent({ model, limits: { tokens: 1_000 } }).generate('go')

  expect(result).toMatchObject({ stopReason: 'max-tokens', usage: { totalTokens: 1_000 } })
  expect(model.requests).toHaveLength(1)
})

test('a closing request that would pass the token limit is not sent', async () => {
  const model = scriptedModel([{ calls: [call('look')], usage: { totalTokens: 640 } }, { text: 'closing' }])
  const result = await new Agent({ model, tools: [testTool('look')], limits: { steps: 1, tokens: 650 } }).generate('go')

  expect(result.status).toBe('limit')
  expect(model.requests).toHaveLength(1)
})

test('instructions of prepareStep count in the estimate', async () => {
  const model = scriptedModel([{ text: 'ok' }])
  const agent = new Agent({ model, limits: { tokens: 100 }, prepareStep: () => ({ instructions: 'x'.repeat(30_000) }) })

  await expect(agent.generate('go')).resolves.toMatchObject({ stopReason: 'max-tokens' })
  expect(model.requests).toHaveLength(0)
})

test('instructions that prepareStep adds in a later step count in the estimate', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, { text: 'ok' }])
  const prepareStep = ({ steps }: { readonly steps: readonly unknown[] }) => (steps.length === 1 ? { instructions: 'x'.repeat(30_000) } : undefined)
  const agent = new Agent({ model, tools: [testTool('look')], limits: { tokens: 1_000 }, prepareStep })

  await expect(agent.generate('go')).resolves.toMatchObject({ stopReason: 'max-tokens' })
  expect(model.requests).toHaveLength(1)
})

test('usage without a total is known by its parts', async () => {
  const model = scriptedModel([{ text: 'ok', usage: { inputTokens: 10, outputTokens: 5 } }], { prices })
  const result = await new Agent({ model }).generate('go')

  expect(result).toMatchObject({ usage: { totalTokens: 15, unknownAttempts: 0 }, cost: { currency: 'USD', amountMicros: 15 } })
})

test('a usage that is not an integer makes the cost unknown, and the run continues', async () => {
  const model = scriptedModel([{ text: 'ok', usage: { inputTokens: 1.5, outputTokens: 1, totalTokens: 2.5 } }], { prices })
  const result = await new Agent({ model }).generate('go')

  expect([result.text, result.cost]).toEqual(['ok', undefined])
})

test('a call whose input is refused by its tool does not count as a tool call', async () => {
  const strict = testTool('strict', () => ({ status: 'invalid-input', text: 'amount is missing' }))
  const result = await new Agent({ model: scriptedModel([{ calls: [call('strict')] }, { text: 'ok' }]), tools: [strict] }).generate('go')

  expect(result.toolCalls).toBe(0)
})

test('a call that a person denied does not count as a tool call', async () => {
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay')] }, { text: 'ok' }]), tools: [payTool()] })
  const paused = await agent.generate('go')
  const result = await agent.resume(moved(paused), { answers: { [openQuestion(paused)]: { approve: false } } }).result

  expect(result.toolCalls).toBe(0)
})

test('a call of unknown outcome counts as a tool call that ran', async () => {
  const pay = payTool({ needsApproval: false, run: never })
  const agent = new Agent({ model: scriptedModel([{ calls: [call('pay')] }, { text: 'ok' }]), tools: [pay] })
  const unknown = await agent.resume(moved(await abortAt(agent.stream('go'), 'tool-start'))).result
  const result = await agent.resume(moved(unknown), { answers: { [openQuestion(unknown)]: { output: 'paid' } } }).result

  expect(result.toolCalls).toBe(1)
})

test('the next model of the chain is priced at its own prices before it is asked', async () => {
  const cheap = scriptedModel([{ error: overloaded() }], { prices }, 'test/cheap')
  const dear = scriptedModel([{ text: 'ok' }], { prices: { ...prices, input: 1_000_000_000, output: 1_000_000_000 } }, 'test/dear')
  const result = await new Agent({ model: [cheap, dear], limits: { cost: 1_000 } }).generate('What is the weather in Hangzhou?')

  expect(result.stopReason).toBe('max-cost')
  expect([cheap.requests.length, dear.requests.length]).toEqual([1, 0])
})

test('each model of a chain is charged at its own prices', async () => {
  const cheap = scriptedModel([{ calls: [call('look')] }, { error: overloaded() }], { prices }, 'test/cheap')
  const dear = scriptedModel([{ text: 'ok' }], { prices: { ...prices, input: 1_000_000_000, output: 1_000_000_000 } }, 'test/dear')
  const { cost } = await new Agent({ model: [cheap, dear], tools: [testTool('look')] }).generate('go')
  expect(cost?.atLeast).toBe(15 + 15_000)
})
