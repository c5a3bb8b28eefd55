import { expect, test } from 'vitest'
import { Agent } from '../../agent/agent.ts'
import { AgentError, type AgentErrorOptions } from '../../contract/errors.ts'
import { createLimiter } from '../../retry/limiter.ts'
import { type Answer, scriptedModel } from '../../testing/scripted-model.ts'
import { testTool } from '../../testing/test-tool.ts'
import { findProblem } from '../../transcripts/check.ts'

const failure = (code: AgentErrorOptions['code'], options: Partial<AgentErrorOptions> = {}): Answer => ({
  error: new AgentError(code, { code, phase: 'headers', retryable: true, retryAfterMs: 0, ...options }),
})
const prices = { currency: 'USD', input: 1_000_000, output: 1_000_000 }

function chain(first: readonly Answer[], second: readonly Answer[]) {
  const one = scriptedModel(first, { prices }, 'test/one')
  const two = scriptedModel(second, { prices: { ...prices, input: 2_000_000 } }, 'test/two')
  return { one, two, agent: new Agent({ model: [one, two], tools: [testTool('echo')] }) }
}

test.each(['quota-exhausted', 'provider-overloaded', 'headers-timeout', 'stream-truncated', 'rate-limited'] as const)(
  '%s continues to the next model at once',
  async (code) => {
    const { agent, one, two } = chain([failure(code, { retryable: code !== 'quota-exhausted' })], [{ text: 'ok' }])
    const run = agent.stream('go')
    const attempts: unknown[] = []
    run.on('attempt', ({ model, reason }) => attempts.push([model, reason]))
    const result = await run.result

    expect(result.steps[0]).toMatchObject({ model: 'test/two', attempts: 2 })
    expect(attempts).toEqual([
      ['test/one', 'first'],
      ['test/two', 'fallback'],
    ])
    expect([one.requests.length, two.requests.length]).toEqual([1, 1])
  },
)

test.each(['invalid-request', 'auth-failed', 'context-overflow', 'missing-key'] as const)('%s stops the chain', async (code) => {
  const { agent, two } = chain([failure(code, { retryable: false })], [{ text: 'ok' }])
  await expect(agent.generate('go')).rejects.toMatchObject({ code, attempts: 1 })
  expect(two.requests).toHaveLength(0)
})

test('a refusal that the server calls worth another try is sent again', async () => {
  const model = scriptedModel([failure('invalid-request'), { text: 'ok' }])
  await expect(new Agent({ model }).generate('go')).resolves.toMatchObject({ text: 'ok' })
})

test('after an empty reply the next model is tried', async () => {
  const { agent, one } = chain([{ reasoning: 'hm' }], [{ text: 'ok' }])
  await expect(agent.generate('go')).resolves.toMatchObject({ text: 'ok' })
  expect(one.requests).toHaveLength(1)
})

test('after one attempt with each model the chain starts again, at most three times', async () => {
  const { agent, one, two } = chain(
    [failure('provider-failed'), failure('provider-failed'), { text: 'ok' }],
    [failure('provider-failed'), failure('provider-failed')],
  )
  await expect(agent.generate('go')).resolves.toMatchObject({ text: 'ok' })
  expect([one.requests.length, two.requests.length]).toEqual([3, 2])
})

test('a model without quota is left out of the next round', async () => {
  const { agent, one, two } = chain([failure('quota-exhausted', { retryable: false })], [failure('provider-failed'), { text: 'ok' }])
  await expect(agent.generate('go')).resolves.toMatchObject({ text: 'ok' })
  expect([one.requests.length, two.requests.length]).toEqual([1, 2])
})

test('the next step stays with the model that answered, and the history is sendable to it', async () => {
  const { agent, one, two } = chain(
    [{ reasoning: 'hm', calls: [{ name: 'echo', input: 1 }] }, failure('provider-overloaded')],
    [{ calls: [{ name: 'echo', input: 2 }] }, { text: 'ok' }],
  )
  const result = await agent.generate('go')

  expect(result.steps.map(({ model }) => model)).toEqual(['test/one', 'test/two', 'test/two'])
  expect([one.requests.length, two.requests.length]).toEqual([2, 2])
  expect(findProblem(two.requests[0]?.messages ?? [])).toBeUndefined()
})

test('each model is paid at its own prices', async () => {
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
  const { agent } = chain([{ calls: [{ name: 'echo', input: 1 }], usage }, failure('provider-overloaded', { usage })], [{ text: 'ok', usage }])
  const { cost } = await agent.generate('go')
  // Twice 10 and 5 at the first model, 10 at the double price and 5 at the second.
  expect(cost).toEqual({ currency: 'USD', amountMicros: 2 * 15 + 25 })
})

test('a stale connection is retried at once and counts for nothing', async () => {
  const stale = failure('network-reset', { stale: true })
  const model = scriptedModel([stale, failure('provider-failed'), failure('provider-failed'), { text: 'ok' }])
  await expect(new Agent({ model }).generate('go')).resolves.toMatchObject({ text: 'ok' })
  expect(model.requests).toHaveLength(4)
})

test('200 runs against an endpoint that is down send hardly more requests than runs', async () => {
  let requests = 0
  const down = {
    ...scriptedModel([]),
    stream: () => {
      requests++
      throw new AgentError('down', { code: 'provider-overloaded', phase: 'headers', retryable: true, retryAfterMs: 0 })
    },
  }
  const agent = new Agent({ model: down })
  const errors = await Promise.all(Array.from({ length: 200 }, () => agent.generate('go').catch((error: unknown) => error)))

  expect(requests).toBeLessThanOrEqual(205)
  expect(errors.at(-1)).toMatchObject({ code: 'provider-overloaded', message: expect.stringContaining('retry budget') })
})

test('a limiter is shared: no more requests run at the same time than it allows', async () => {
  let running = 0
  let most = 0
  const slow = () => ({
    ...scriptedModel([]),
    limiter,
    async *stream() {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      yield [
        {
          type: 'reply' as const,
          reply: { message: { role: 'assistant' as const, content: 'ok' }, finishReason: 'stop' as const, atOutputLimit: false, usage: {}, response: {} },
        },
      ]
    },
  })
  const limiter = createLimiter({ concurrency: 2 })
  const agents = [new Agent({ model: slow() }), new Agent({ model: slow() })]
  await Promise.all(agents.flatMap((agent) => Array.from({ length: 10 }, () => agent.generate('go'))))
  expect(most).toBe(2)
})

test('an empty chain is refused', () => {
  expect(() => new Agent({ model: [] as never })).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})
