import { type Fault, type ScriptedReply, startSimulator } from '@capstan/simulator'
import { test } from 'vitest'
import { Agent, AgentError, type AgentErrorCode, evolink, findProblem, tool } from './index.ts'

/** Short clocks for servers that fall silent. A server that answers is never cut by a clock: a busy machine may make it slow. */
const shortClocks = { headersMs: 1_500, firstContentMs: 1_500, queuedMs: 1_500, gapMs: 1_500, bytesMs: 10_000 }

async function setUp(script: readonly ScriptedReply[], model: 'deepseek-chat' | 'kimi-k2-thinking' = 'kimi-k2-thinking') {
  const simulator = await startSimulator({ script })
  const isSilent = script.some(({ fault }) => typeof fault === 'object' && 'kind' in fault && fault.kind === 'stall')
  const timeouts = isSilent ? shortClocks : {}
  let runs = 0
  const pay = tool({
    name: 'pay_bill',
    description: 'Pays a bill.',
    inputSchema: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
    execute: () => `paid ${++runs}`,
  })
  const agent = new Agent({ model: evolink(model, { baseURL: simulator.baseURL, apiKey: 'test-key', timeouts }), tools: [pay] })
  return { agent, simulator, runs: () => runs, [Symbol.asyncDispose]: () => simulator.close() }
}

const answer: ScriptedReply = { text: 'All good.' }
const pays: ScriptedReply = { toolCalls: [{ name: 'pay_bill', input: { amount: 5 } }] }
const long: ScriptedReply = { reasoning: 'Let me think about this for a while.', text: 'One two three four five six seven eight nine ten.' }

const retried: [string, Fault][] = [
  ['429 with Retry-After', { kind: 'status', status: 429, retryAfter: '0' }],
  ['one 500', { kind: 'status', status: 500 }],
  ['one 503', { kind: 'status', status: 503 }],
  ['a reset before headers', { kind: 'reset', at: 'before-headers' }],
  ['a reset after headers', { kind: 'reset', at: 'after-headers' }],
  ['a reset in mid-stream', { kind: 'reset', at: 'mid-stream' }],
  ['silence before headers', { kind: 'stall', at: 'before-headers' }],
  ['silence before the first event', { kind: 'stall', at: 'first-event' }],
  ['keep-alives and nothing else', { kind: 'stall', at: 'first-event', keepAliveMs: 20 }],
  ['silence in mid-stream', { kind: 'stall', at: 'mid-stream' }],
  ['silence before the finish reason', { kind: 'stall', at: 'before-finish' }],
  ['a stream without a finish reason', { kind: 'no-finish' }],
]

test.concurrent.for(retried)('%s is retried under generate, and every request is counted', async ([_, fault], { expect }) => {
  await using rig = await setUp([{ ...long, fault }, answer])
  const { agent, simulator } = rig
  const result = await agent.generate('Go.')

  expect(result).toMatchObject({ text: 'All good.', stopReason: 'finished', usage: { unknownAttempts: 1 } })
  expect(simulator.requests).toHaveLength(2)
  expect(result.steps[0]?.attempts).toBe(2)
  simulator.assertDone()
})

test.concurrent.for(retried)('%s in every request ends with a typed error after three requests', async ([_, fault], { expect }) => {
  await using rig = await setUp(Array.from({ length: 3 }, () => ({ ...long, fault })))
  const { agent, simulator } = rig
  const error = await agent.generate('Go.').catch((thrown: unknown) => thrown)

  expect(AgentError.is(error)).toBe(true)
  expect(error).toMatchObject({ retryable: true, attempts: 3 })
  expect(simulator.requests).toHaveLength(3)
})

const refused: [string, ScriptedReply, AgentErrorCode][] = [
  ['401', { fault: { kind: 'status', status: 401 } }, 'auth-failed'],
  ['402', { fault: { kind: 'status', status: 402 } }, 'quota-exhausted'],
  ['404', { fault: { kind: 'status', status: 404 } }, 'model-not-found'],
  ['HTML with 200', { fault: { kind: 'html' } }, 'unexpected-content'],
]

test.concurrent.for(refused)('%s is a typed error after one request', async ([_, reply, code], { expect }) => {
  await using rig = await setUp([reply])
  const { agent, simulator } = rig
  await expect(agent.generate('Go.')).rejects.toMatchObject({ code, retryable: false, attempts: 1 })
  expect(simulator.requests).toHaveLength(1)
})

test.concurrent.for(['reset', 'close'] as const)('no tool runs from a stream with a %s after complete arguments', async (kind, { expect }) => {
  await using rig = await setUp([{ ...pays, fault: { kind: 'no-finish' } }, { ...pays, fault: { kind, at: 'mid-stream' } }, answer])
  const { agent, runs } = rig
  await agent.generate('Pay 5.')
  expect(runs()).toBe(0)
})

test.concurrent('a call cut by length is not run, and the model gets an error', async ({ expect }) => {
  await using rig = await setUp([{ ...pays, finishReason: 'length' }, answer])
  const { agent, simulator, runs } = rig
  const result = await agent.generate('Pay 5.')

  expect(runs()).toBe(0)
  expect(result.text).toBe('All good.')
  expect(simulator.requests[1]?.rawBody).toContain('Not run: output limit')
})

test.concurrent('an empty text is requested again once, then fails', async ({ expect }) => {
  await using once = await setUp([{ text: '' }, answer])
  await expect(once.agent.generate('Go.')).resolves.toMatchObject({ text: 'All good.' })
  await using twice = await setUp([{ text: '' }, { text: '' }])
  await expect(twice.agent.generate('Go.')).rejects.toMatchObject({ code: 'empty-reply' })
})

test.concurrent('stream fails with the partial text if the reply ends in the middle of the text', async ({ expect }) => {
  await using rig = await setUp([{ ...long, fault: { kind: 'stall', at: 'before-finish' } }], 'deepseek-chat')
  const { agent } = rig
  const error = await agent.stream('Go.').result.catch((thrown: unknown) => thrown)

  expect(error).toMatchObject({ code: 'stream-interrupted', result: { text: expect.stringContaining('One two') } })
  expect(AgentError.is(error) && findProblem(error.result?.messages ?? [])).toBeUndefined()
})

test.concurrent('invalid calls get results in call order, and the run continues', async ({ expect }) => {
  await using rig = await setUp([
    {
      toolCalls: [
        { name: 'pay_bill', input: '{"amount": 5' },
        { name: 'pay_bill', input: { amount: 'five' } },
        { name: 'steal', input: {} },
        { name: 'pay_bill', input: { amount: 5 }, id: 'same' },
        { name: 'pay_bill', input: { amount: 6 }, id: 'same' },
      ],
    },
    { toolCalls: [{ name: 'pay_bill', input: { amount: 7 }, id: 'same' }] },
    answer,
  ])
  const { agent, simulator, runs } = rig
  const result = await agent.generate('Go.')

  expect(result.text).toBe('All good.')
  expect(runs()).toBe(3)
  expect(result.steps[0]?.toolResults.map(({ status }) => status)).toEqual(['invalid-input', 'invalid-input', 'unknown-tool', 'ok', 'ok'])
  expect(findProblem(result.messages)).toBeUndefined()
  simulator.assertDone()
})

const hostile: [string, () => unknown, string][] = [
  [
    'throws',
    () => {
      throw new Error('secret 42')
    },
    'error',
  ],
  ['returns a BigInt', () => ({ big: 10n }), 'ok'],
  ['returns 2 MB', () => 'x'.repeat(2_000_000), 'ok'],
  ['never settles', () => new Promise(() => {}), 'timeout'],
]

test.concurrent.for(hostile)('a tool that %s gets a result, and the run continues', async ([_, execute, status], { expect }) => {
  await using rig = await setUp([{ toolCalls: [{ name: 'odd_tool', input: {} }] }, answer])
  const { simulator } = rig
  const odd = tool({ name: 'odd_tool', description: 'Is odd.', inputSchema: { type: 'object' }, timeoutMs: 500, execute })
  const result = await new Agent({ model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'test-key' }), tools: [odd] }).generate('Go.')

  expect(result).toMatchObject({ text: 'All good.', steps: [{ toolResults: [{ status }] }, {}] })
  expect(simulator.requests[1]?.rawBody).not.toContain('secret 42')
  expect(simulator.requests[1]?.rawBody.length).toBeLessThan(100_000)
})

test.concurrent('abort while a tool ignores the signal ends the run at once', async ({ expect }) => {
  await using rig = await setUp([{ toolCalls: [{ name: 'stuck_tool', input: {} }] }])
  const { simulator } = rig
  const stuck = tool({ name: 'stuck_tool', description: 'Never ends.', inputSchema: { type: 'object' }, execute: () => new Promise(() => {}) })
  const run = new Agent({ model: evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'test-key' }), tools: [stuck] }).stream('Go.')
  run.on('tool-start', () => run.abort())
  await expect(run.result).rejects.toMatchObject({ code: 'aborted' })
})
