import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { findProblem } from '../transcripts/check.ts'

const ask = (input: unknown) => ({ calls: [{ name: 'poll', input }] })
const prices = { currency: 'USD', input: 1_000_000, output: 2_000_000 }

function counter() {
  let count = 0
  return testTool('poll', () => String(++count))
}

test('at the step limit one closing request goes out with the same tools and the same tool choice', async () => {
  const model = scriptedModel([ask(1), ask(2), { text: 'So far: 2.' }])
  const result = await new Agent({ model, tools: [counter()], limits: { steps: 2 } }).generate('go')

  expect(result).toMatchObject({ status: 'limit', stopReason: 'max-steps', text: 'So far: 2.' })
  expect(model.requests).toHaveLength(3)
  expect(model.requests[2]).toMatchObject({ tools: [{ name: 'poll' }, { name: 'read_result' }] })
  expect(model.requests[2]).not.toHaveProperty('toolChoice')
  expect(model.requests[2]?.tools).toBe(model.requests[0]?.tools)
  expect(model.requests[2]?.messages.at(-1)).toMatchObject({ role: 'user', content: expect.stringContaining('best answer') })
})

test.each([
  ['auto', ['auto', 'none', 'required'], 'auto'],
  ['none', ['auto', 'none', 'required'], 'none'],
  ['required', ['auto', 'none', 'required'], 'auto'],
  ['required', ['none', 'required'], undefined],
] as const)('a closing request at tool choice %s of %j is sent with %s', async (toolChoice, toolChoices, sent) => {
  const scripted = scriptedModel([ask(1), { text: 'So far.' }])
  const model = { ...scripted, traits: { ...scripted.traits, toolChoices } }
  await new Agent({ model, tools: [counter()], toolChoice, limits: { steps: 1 } }).generate('go')
  expect(scripted.requests[1]?.toolChoice).toBe(sent)
})

test('calls in the closing answer are not run', async () => {
  let runs = 0
  const model = scriptedModel([ask(1), ask(2)])
  const tool = testTool('poll', () => String(++runs))
  const result = await new Agent({ model, tools: [tool], limits: { steps: 1 } }).generate('go')

  expect(runs).toBe(1)
  expect(result.stopReason).toBe('max-steps')
  expect(findProblem(result.messages)).toBeUndefined()
  expect(result.steps.at(-1)?.toolResults[0]?.status).toBe('skipped')
})

test('a closing request that fails leaves the limit as the result, with a warning', async () => {
  const result = await new Agent({ model: scriptedModel([ask(1)]), tools: [counter()], limits: { steps: 1 } }).generate('go')

  expect(result).toMatchObject({ stopReason: 'max-steps', warnings: [{ code: 'closing-request-failed' }] })
  expect(findProblem(result.messages)).toBeUndefined()
})

test('calls beyond the limit of tool calls are answered without running', async () => {
  let runs = 0
  const tool = testTool('poll', () => String(++runs))
  const model = scriptedModel([{ calls: [1, 2, 3].map((input) => ({ name: 'poll', input })) }, { text: 'two' }])
  const result = await new Agent({ model, tools: [tool], limits: { toolCalls: 2 } }).generate('go')

  expect(runs).toBe(2)
  expect(result).toMatchObject({ stopReason: 'max-tool-calls', text: 'two', toolCalls: 2 })
  expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['ok', 'ok', 'skipped'])
})

test('a request whose estimate would pass the token limit is not sent', async () => {
  const model = scriptedModel([{ ...ask(1), usage: { inputTokens: 560, outputTokens: 30, totalTokens: 590 } }])
  const result = await new Agent({ model, tools: [counter()], limits: { tokens: 650 } }).generate('go')

  expect(result).toMatchObject({ status: 'limit', stopReason: 'max-tokens', usage: { totalTokens: 590 } })
  expect(model.requests).toHaveLength(1)
})

test('an input that is too large for the token limit sends nothing', async () => {
  const model = scriptedModel([])
  await expect(new Agent({ model, limits: { tokens: 100 } }).generate('x'.repeat(1_000))).resolves.toMatchObject({ stopReason: 'max-tokens' })
  expect(model.requests).toHaveLength(0)
})

test('the money limit counts what was spent and what the next request would cost', async () => {
  const model = scriptedModel([{ ...ask(1), usage: { inputTokens: 100, outputTokens: 50, totalTokens: 150 } }], { prices })
  const result = await new Agent({ model, tools: [counter()], limits: { cost: 300 } }).generate('go')

  expect(result).toMatchObject({ stopReason: 'max-cost', cost: { currency: 'USD', amountMicros: 200 } })
  expect(model.requests).toHaveLength(1)
})

test('attempts that never reported are charged an estimate', async () => {
  const model = scriptedModel([{ ...ask(1), usage: {} }])
  const result = await new Agent({ model, tools: [counter()], limits: { tokens: 350 } }).generate('x'.repeat(200))

  expect(result).toMatchObject({ stopReason: 'max-tokens', usage: { unknownAttempts: 1 } })
})

test('the time limit ends a silent model and keeps the text that came', async () => {
  const model = scriptedModel([{ text: 'Half', hangs: true }])
  const result = await new Agent({ model, limits: { durationMs: 30 } }).generate('go')

  expect(result).toMatchObject({ status: 'limit', stopReason: 'max-duration', text: 'Half', usage: { unknownAttempts: 1 } })
})

test('the time limit ends a tool that never settles, and the step is complete', async () => {
  const tool = testTool('poll', () => new Promise(() => {}))
  const result = await new Agent({ model: scriptedModel([ask(1)]), tools: [tool], limits: { durationMs: 30 } }).generate('go')

  expect(result).toMatchObject({ stopReason: 'max-duration', steps: [{ toolResults: [{ status: 'abandoned' }] }] })
})

test('the third exact repetition with equal outputs does not run and the model gets a message, and the fifth ends the run', async () => {
  let runs = 0
  const tool = testTool('poll', () => {
    runs++
    return 'same'
  })
  const model = scriptedModel(Array.from({ length: 5 }, () => ask({ q: 1 })))
  const result = await new Agent({ model, tools: [tool] }).generate('go')

  expect(runs).toBe(2)
  expect(result).toMatchObject({ status: 'limit', stopReason: 'repeated-calls' })
  expect(result.steps.map(({ toolResults }) => toolResults[0]?.status)).toEqual(['ok', 'ok', 'skipped', 'skipped', 'skipped'])
})

test.each([
  ['outputs differ', () => counter()],
  ['the tool is repeatable', () => testTool('poll', () => 'same', { repeatable: true })],
])('repeated calls are no repeats when %s', async (_, makeTool) => {
  const model = scriptedModel([...Array.from({ length: 8 }, () => ask({ q: 1 })), { text: 'ok' }])
  await expect(new Agent({ model, tools: [makeTool()] }).generate('go')).resolves.toMatchObject({ stopReason: 'finished' })
})

test('equal calls within one step never count as repeats', async () => {
  const model = scriptedModel([{ calls: Array.from({ length: 6 }, () => ({ name: 'poll', input: {} })) }, { text: 'ok' }])
  const result = await new Agent({ model, tools: [testTool('poll')] }).generate('go')
  expect(result.toolCalls).toBe(6)
})

test('stopWhen ends the run after a complete step', async () => {
  const model = scriptedModel([ask(1), ask(2)])
  const result = await new Agent({ model, tools: [counter()], stopWhen: ({ steps }) => steps.length === 2 }).generate('go')
  expect(result).toMatchObject({ status: 'finished', stopReason: 'stop-condition' })
})

test('prepareStep changes one step', async () => {
  const model = scriptedModel([ask(1), { text: 'ok' }])
  const prepareStep = ({ steps }: { steps: readonly unknown[] }) => (steps.length === 1 ? { toolChoice: 'none' as const, instructions: 'Answer.' } : undefined)
  await new Agent({ model, tools: [counter()], instructions: 'Ask.', prepareStep }).generate('go')

  expect(model.requests.map(({ instructions, toolChoice }) => [instructions, toolChoice])).toEqual([
    ['Ask.', undefined],
    ['Answer.', 'none'],
  ])
})
