import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { type ScriptedReply, startSimulator } from '@capstan/simulator'
import { APICallError, generateText, RetryError } from 'ai'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { aiProvider } from './support/ai-client.ts'
import { allModels, clients, isKimi, withEach } from './support/clients.ts'
import { openaiClient } from './support/openai-client.ts'
import type { Client, Question } from './support/parsed.ts'

/** What both libraries report about an error response. */
interface Refusal {
  readonly status: number | undefined
  readonly message: string
  readonly type: unknown
  readonly code: unknown
  readonly retryAfter: string | null | undefined
  /** The class that the library chose. */
  readonly kind: string
}

async function refusal(client: Client, question: Omit<Question, 'baseURL'> & { readonly baseURL: string }): Promise<Refusal> {
  const error = await client.ask(question).then(
    () => {
      throw new Error('It was accepted.')
    },
    (reason: unknown) => reason,
  )
  if (error instanceof OpenAI.APIError) {
    const { status, message, type, code, headers } = error
    return { status, message, type, code, retryAfter: headers?.get('retry-after'), kind: error.constructor.name }
  }
  if (!APICallError.isInstance(error)) throw error
  const { type, code } = (error.data as { readonly error: { readonly type?: string; readonly code?: string } }).error
  const kind = error.isRetryable ? 'retryable' : 'final'
  return { status: error.statusCode, message: error.message, type, code, retryAfter: error.responseHeaders?.['retry-after'], kind }
}

/** Status, message and type of Kimi, message of DeepSeek, and the error classes of the two libraries. */
const statuses = [
  [402, 'insufficient balance', 'exceeded_current_quota_error', 'Insufficient Balance', 'unknown_error', 'APIError', 'final'],
  [429, 'max concurrency', 'rate_limit_reached_error', 'Rate limit reached', 'rate_limit_error', 'RateLimitError', 'retryable'],
  [500, 'Internal server error', 'server_error', 'Internal server error', 'server_error', 'InternalServerError', 'retryable'],
  [503, 'overloaded', 'engine_overloaded_error', 'too busy', 'service_unavailable_error', 'InternalServerError', 'retryable'],
] as const

describe.each(withEach(allModels))('$name, $value', ({ client, value: model }) => {
  test.each(statuses)('%i', async (status, kimiWords, kimiType, deepseekWords, deepseekType, openaiKind, aiKind) => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'status', status } }] })
    expect(await refusal(client, { baseURL: simulator.baseURL, model })).toEqual({
      status,
      message: expect.stringContaining(isKimi(model) ? kimiWords : deepseekWords),
      type: isKimi(model) ? kimiType : deepseekType,
      code: isKimi(model) ? undefined : 'invalid_request_error',
      retryAfter: client.library === 'openai' ? null : undefined,
      kind: client.library === 'openai' ? openaiKind : aiKind,
    })
    expect(simulator.requests).toHaveLength(1)
  })

  test('Retry-After reaches the client', async () => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'status', status: 429, retryAfter: 7 } }] })
    expect((await refusal(client, { baseURL: simulator.baseURL, model })).retryAfter).toBe('7')
  })

  test('a wrong key is a 401 that does not show it', async () => {
    await using simulator = await startSimulator({ apiKey: 'sk-right-test' })
    const { status, message } = await refusal(client, { baseURL: simulator.baseURL, model, apiKey: 'sk-wrong-secret-test' })
    expect([status, message]).toEqual([401, expect.stringContaining(isKimi(model) ? 'Incorrect API key provided' : 'Authentication Fails')])
    expect(message).not.toContain('wrong-secret')
    expect(await client.ask({ baseURL: simulator.baseURL, model, apiKey: 'sk-right-test' })).toMatchObject({ finishReason: 'stop' })
  })
})

describe.each(clients)('$name', (client) => {
  test('an unknown model is a 404 that names it', async () => {
    await using simulator = await startSimulator()
    const answer = await refusal(client, { baseURL: simulator.baseURL, model: 'kimi-k9' })
    expect(answer).toMatchObject({ status: 404, message: expect.stringContaining('kimi-k9'), type: 'resource_not_found_error' })
  })

  test('an unknown path is a 404', async () => {
    await using simulator = await startSimulator()
    expect((await refusal(client, { baseURL: `${simulator.baseURL}/v2`, model: 'deepseek-chat' })).status).toBe(404)
  })

  test('a body that is too large is a 413', async () => {
    await using simulator = await startSimulator({ maxBodyBytes: 10_000 })
    expect((await refusal(client, { baseURL: simulator.baseURL, model: 'deepseek-chat', prompt: 'x'.repeat(20_000) })).status).toBe(413)
  })

  test('a prompt that is too long is a 400', async () => {
    await using simulator = await startSimulator()
    const answer = await refusal(client, { baseURL: simulator.baseURL, model: 'kimi-k2-thinking', prompt: 'a '.repeat(270_000) })
    expect(answer).toMatchObject({ status: 400, message: expect.stringContaining('exceeded model token limit: 262144') })
  })

  test('the client retries only after the delay that the server asked for', async () => {
    const busy: ScriptedReply = { text: 'Hi.', fault: { kind: 'status', status: 429, retryAfter: 1 } }
    await using simulator = await startSimulator({ script: [busy, { text: 'Hi.' }] })
    const startedAt = performance.now()
    const { text } = await client.ask({ baseURL: simulator.baseURL, model: 'deepseek-chat', maxRetries: 1 })
    expect([text, simulator.requests.map(({ status }) => status)]).toEqual(['Hi.', [429, 200]])
    expect(performance.now() - startedAt).toBeGreaterThan(990)
    simulator.assertDone()
  })

  test.each([400, 401, 402, 404])('the client does not retry after %i', async (status) => {
    await using simulator = await startSimulator({ faults: [{ fault: { kind: 'status', status } }] })
    await expect(client.ask({ baseURL: simulator.baseURL, model: 'deepseek-chat', maxRetries: 2 })).rejects.toThrow()
    expect(simulator.requests).toHaveLength(1)
  })
})

test('after its retries, ai throws an error that has all attempts', async () => {
  await using simulator = await startSimulator({ faults: [{ fault: { kind: 'status', status: 500, retryAfter: 0 } }] })
  const asked = generateText({ model: aiProvider(simulator)('deepseek-chat'), prompt: 'Hello.', maxRetries: 1 })
  await expect(asked).rejects.toSatisfy((error) => RetryError.isInstance(error) && error.errors.length === 2)
})

test('without a key, openai throws before the request, and ai gets the error of the server', async () => {
  await using simulator = await startSimulator()
  expect(() => openaiClient({ baseURL: simulator.baseURL, apiKey: '' })).toThrow('Missing credentials')
  const provider = createOpenAICompatible({ name: 'evolink', baseURL: simulator.baseURL })
  const say = (model: string) => generateText({ model: provider(model), prompt: 'Hello.', maxRetries: 0 })
  await expect(say('deepseek-chat')).rejects.toThrow('auth header format should be Bearer')
  await expect(say('kimi-k2-thinking')).rejects.toThrow('Invalid Authentication')
})
