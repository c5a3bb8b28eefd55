import { AgentError } from '@capstan/core'
import { maxRetryAfterMs } from '@capstan/core/internal'
import type { Fault, StatusFault } from '@capstan/simulator'
import { startSimulator } from '@capstan/simulator'
import { modelFor } from '../lab/observe.ts'
import { type Case, check, holds } from './case.ts'
import { refused, retried } from './expected.ts'
import { wire } from './wire.ts'

const status = (code: number, more: Omit<StatusFault, 'kind' | 'status'> = {}): Fault => ({ kind: 'status', status: code, ...more })

const overflow = "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens."

/** Answers that are an error status. T34 to T48, and T84. */
export const statuses: readonly Case[] = [
  wire('T34 400, the request is invalid', status(400, { message: 'Invalid request: temperature must be at most 2' }), {
    expected: refused('invalid-request', 'headers'),
    also: ({ error }) => [check('the provider is quoted', 'Invalid request: temperature must be at most 2', AgentError.is(error) ? error.providerMessage : '')],
  }),
  wire('T35 400, the context is too long', status(400, { message: overflow }), { expected: refused('context-overflow', 'headers') }),
  wire('T36 401', status(401), { expected: refused('auth-failed', 'headers') }),
  wire('T36 401 in unknown words', status(401, { type: 'unknown', message: 'No.' }), { expected: refused('auth-failed', 'headers') }),
  wire('T36 403', status(403), { expected: refused('auth-failed', 'headers') }),
  wire('T37 402, no balance', status(402), { expected: refused('quota-exhausted', 'headers') }),
  wire('T37 402 in unknown words', status(402, { type: 'unknown', message: 'Pay first.' }), { expected: refused('quota-exhausted', 'headers') }),
  wire('T38 404, unknown model', status(404), { expected: refused('model-not-found', 'headers') }),
  ...[408, 409, 425].map((code) => wire(`T39 ${code}`, status(code), { expected: retried('provider-failed', 'headers') })),
  wire('T40 413', status(413), { expected: refused('request-too-large', 'headers') }),
  wire('T41 422', status(422), { expected: refused('invalid-request', 'headers') }),
  waits({ id: 'T42 429 with Retry-After: 2', hints: () => ({ retryAfter: 2 }), ms: 2_000 }),
  waits({ id: 'T43 429 with a date in two seconds', hints: () => ({ retryAfter: 'date+2' }), ms: 2_000, leewayMs: 1_000 }),
  waits({ id: 'T43 429 with a date in the past', hints: () => ({ retryAfter: 'date-10' }), ms: 0 }),
  waits({
    id: 'T43 429 with a date of a server with another clock: its own Date is the base',
    hints: () => ({ retryAfter: 'Sat, 28 Nov 2026 13:00:02 GMT', headers: { date: 'Sat, 28 Nov 2026 13:00:00 GMT' } }),
    ms: 2_000,
  }),
  waits({ id: 'T44 429 with retry-after-ms', hints: () => ({ retryAfterMs: 1_234 }), ms: 1_234 }),
  waits({ id: 'T44 429 with both headers: milliseconds win', hints: () => ({ retryAfterMs: 1_234, retryAfter: 50 }), ms: 1_234 }),
  waits({ id: 'T45 429 with Retry-After: 3600', hints: () => ({ retryAfter: 3_600 }), ms: 3_600_000 }),
  ...['-5', 'abc', '1e9', ''].map((value) =>
    waits({
      id: `T45 429 with Retry-After: ${JSON.stringify(value)}`,
      hints: () => ({ retryAfter: value, message: 'Slow down.' }),
      ms: undefined,
    }),
  ),
  wire('T45 a wait of an hour fails at once', status(429, { retryAfter: 3_600 }), {
    expected: { is: 'error', code: 'rate-limited', phase: 'headers', retry: false, retryable: true },
  }),
  { id: 'T45 the longest wait', run: async () => [check('ms', 60_000, maxRetryAfterMs)] },
  wire('T42 429 is retried', status(429, { retryAfter: 0, message: 'Slow down.' }), { expected: retried('rate-limited', 'headers') }),
  wire('T46 429 of the quota kind', status(429, { type: 'insufficient_quota', message: 'You exceeded your current quota.' }), {
    expected: refused('quota-exhausted', 'headers'),
  }),
  wire('T47 500', status(500), { expected: retried('provider-failed', 'headers') }),
  ...[502, 503, 504, 520, 524, 529].map((code) => wire(`T47 ${code}`, status(code), { expected: retried('provider-overloaded', 'headers') })),
  wire('T48 503 with x-should-retry: false', status(503, { shouldRetry: false }), { expected: refused('provider-overloaded', 'headers') }),
  wire('T48 400 with x-should-retry: true', status(400, { shouldRetry: true }), { expected: retried('invalid-request', 'headers') }),
  wire('T84 the key is echoed in an error', status(401, { echoKey: true }), {
    expected: refused('auth-failed', 'headers'),
    also: ({ error }) => [holds('it is redacted', AgentError.is(error) && error.providerMessage?.includes('[redacted]') === true, String(error))],
  }),
]

interface Wait {
  readonly id: string
  readonly hints: () => Omit<StatusFault, 'kind' | 'status'>
  readonly ms: number | undefined
  readonly leewayMs?: number
}

/** What a model makes of the hints of a 429: the wait is on the error, so nothing has to be waited for. */
function waits({ id, hints, ms, leewayMs = 0 }: Wait): Case {
  return {
    id,
    run: async () => {
      await using simulator = await startSimulator({ script: [{ fault: status(429, { message: 'Slow down.', ...hints() }) }] })
      const seen = await attempt(simulator.baseURL)
      const isRight = ms === undefined ? seen === undefined : seen !== undefined && Math.abs(seen - ms) <= leewayMs
      const expected = `${ms}${leewayMs > 0 ? ` ± ${leewayMs}` : ''}`
      return [{ what: 'retryAfterMs', expected, seen: isRight ? expected : String(seen), ok: isRight }]
    },
  }
}

async function attempt(baseURL: string): Promise<number | undefined> {
  const model = modelFor({ server: { baseURL } })
  try {
    for await (const _ of model.stream({ messages: [{ role: 'user', content: 'Go.' }] }, { signal: new AbortController().signal }));
  } catch (error) {
    return AgentError.is(error) ? error.retryAfterMs : undefined
  }
  return undefined
}
