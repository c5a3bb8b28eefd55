import { type EndpointName, parseFault, startSimulator } from '@capstan/simulator'
import { expect, test, vi } from 'vitest'
import { Agent, AgentError, deepseek, evolink, type Model, moonshot, openaiCompatible } from './index.ts'

// Errors about the account or the endpoint: each becomes its own code, and is retried if that may help.

const apiKey = 'test-key'
const models: Readonly<Partial<Record<EndpointName, (baseURL: string) => Model>>> = {
  evolink: (baseURL) => evolink('kimi-k2-thinking', { baseURL, apiKey }),
  deepseek: (baseURL) => deepseek('deepseek-flash', { baseURL, apiKey }),
  moonshot: (baseURL) => moonshot('kimi-k3', { baseURL, apiKey }),
  openrouter: (baseURL) => openaiCompatible({ baseURL, apiKey, model: 'deepseek/deepseek-v3.2' }),
  vllm: (baseURL) => openaiCompatible({ baseURL, model: 'deepseek-ai/DeepSeek-V3.2' }),
  sglang: (baseURL) => openaiCompatible({ baseURL, model: 'deepseek-ai/DeepSeek-V3.2' }),
  'llama.cpp': (baseURL) => openaiCompatible({ baseURL, model: 'any' }),
  ollama: (baseURL) => openaiCompatible({ baseURL, model: 'deepseek-v3.2' }),
}

/** Requests: 1 if a retry cannot help, 2 if the second one succeeds. */
const rows: readonly (readonly [endpoint: EndpointName, fault: string, code: string, requests: 1 | 2])[] = [
  ['evolink', 'status:503', 'provider-overloaded', 2],
  ['deepseek', 'status:402', 'quota-exhausted', 1],
  ['deepseek', 'status:422', 'invalid-request', 1],
  ['deepseek', 'status:400,message=Content Exists Risk', 'content-refused', 1],
  ['deepseek', 'status:429', 'rate-limited', 2],
  ['deepseek', 'status:500', 'provider-failed', 2],
  ['deepseek', 'status:503', 'provider-overloaded', 2],
  ['moonshot', 'status:429,type=rate_limit_reached_error,retryAfter=0', 'rate-limited', 2],
  ['moonshot', 'status:429,type=engine_overloaded_error', 'provider-overloaded', 2],
  ['moonshot', 'status:429,type=exceeded_current_quota_error', 'quota-exhausted', 1],
  ['moonshot', 'status:429,message=TPD rate limit reached: current: 5; limit: 4', 'quota-exhausted', 1],
  ['moonshot', 'status:400,type=content_filter', 'content-refused', 1],
  ['moonshot', 'status:403', 'auth-failed', 1],
  ['moonshot', 'html:504', 'provider-overloaded', 2],
  ['openrouter', 'status:402', 'quota-exhausted', 1],
  ['openrouter', 'status:502', 'provider-overloaded', 2],
  ['vllm', 'status:500', 'provider-failed', 2],
  ['sglang', 'status:503', 'provider-overloaded', 2],
  ['llama.cpp', 'status:503', 'provider-overloaded', 2],
  ['ollama', 'status:503', 'provider-overloaded', 2],
]

test.each(rows)('%s, %s: %s, %i request(s)', async (endpoint, fault, code, requests) => {
  await using simulator = await startSimulator({ endpoint, faults: [{ fault: parseFault(fault), requests: 'first' }] })
  const model = models[endpoint]?.(simulator.baseURL)
  if (model === undefined) throw new Error(`No model for ${endpoint}.`)
  const run = new Agent({ model }).stream('Hi')
  const retries: string[] = []
  run.on('step-retry', ({ error }) => retries.push(error.code))
  const ended = await run.result.then(
    ({ status }) => status,
    (error: unknown) => (AgentError.is(error) ? error.code : String(error)),
  )
  expect([retries, ended]).toEqual(requests === 1 ? [[], code] : [[code], 'finished'])
  expect(simulator.requests).toHaveLength(requests)
})

// Half of 20 ms and of 40 ms: the delays of our own with this jitter.
const ownDelays = [10, 20]

test.each([
  ['0', ownDelays, 0],
  ['-5', ownDelays, undefined],
  ['0.001', ownDelays, 1],
  ['0.015', [15, 20], 15],
  ['Sat, 01 Jan 2000 00:00:00 GMT', ownDelays, 0],
  ['0, 0.03', [30, 30], 30],
  ['86400', [], 86_400_000],
  ['9'.repeat(30), [], Number.MAX_SAFE_INTEGER],
])('Retry-After: %s is waited for, but never less than our own delay', async (retryAfter, delays, retryAfterMs) => {
  using _ = vi.spyOn(Math, 'random').mockReturnValue(0.5)
  await using simulator = await startSimulator({ faults: [{ fault: { kind: 'status', status: 503, retryAfter }, requests: 'all' }] })
  const run = new Agent({ model: openaiCompatible({ baseURL: simulator.baseURL, model: 'any' }), attempts: { delayMs: 20 } }).stream('Hi')
  const seen: number[] = []
  run.on('step-retry', ({ delayMs }) => seen.push(delayMs))
  const startedAt = performance.now()

  await expect(run.result).rejects.toMatchObject({ code: 'provider-overloaded', retryAfterMs })
  expect(seen).toEqual(delays)
  // Timers may fire up to a millisecond early.
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(delays.reduce((sum, ms) => sum + ms - 1, 0))
})
