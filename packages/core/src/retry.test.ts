import { expect, test } from 'vitest'
import { AgentError } from './errors.ts'
import { retryDelayMs, sleep, withRetries } from './retry.ts'

const failure = (options: { retryable?: boolean; retryAfterMs?: number }): AgentError =>
  new AgentError('x', { code: 'rate-limited', retryable: true, ...options })

test.each([
  ['not retryable', failure({ retryable: false }), 1, undefined],
  ['the last attempt', failure({}), 3, undefined],
  ['a delay of the server', failure({ retryAfterMs: 2_000 }), 1, 2_000],
  ['a delay that is too long', failure({ retryAfterMs: 60_001 }), 1, undefined],
  ['the first retry', failure({}), 1, 250],
  ['the second retry', failure({}), 2, 500],
] as const)('%s', (_, error, attempt, delay) => {
  expect(retryDelayMs(error, attempt, 0.5)).toBe(delay)
})

test('a call is sent again until it succeeds', async () => {
  const attempts: number[] = []
  const value = await withRetries(async (attempt) => {
    attempts.push(attempt)
    if (attempt < 3) throw failure({ retryAfterMs: 0 })
    return 'ok'
  }, new AbortController().signal)
  expect([value, attempts]).toEqual(['ok', [1, 2, 3]])
})

test('what is not retryable is thrown as it is, at once', async () => {
  const error = failure({ retryable: false })
  await expect(withRetries(() => Promise.reject(error), new AbortController().signal)).rejects.toBe(error)
})

test('an abort ends a wait at once', async () => {
  const controller = new AbortController()
  const waiting = sleep(60_000, controller.signal)
  controller.abort(new Error('stop'))
  await expect(waiting).rejects.toThrow('stop')
})
