import { expect, test } from 'vitest'
import { defaultAttempts } from '../contract/attempts.ts'
import { AgentError, copyError } from '../contract/errors.ts'
import { soon } from '../testing/runs.ts'
import { retryDelayMs, sleep, withRetries } from './policy.ts'

const failure = (options: { retryable?: boolean; retryAfterMs?: number; status?: number }): AgentError =>
  new AgentError('x', { code: 'rate-limited', retryable: true, ...options })

test.each([
  ['not retryable', failure({ retryable: false }), 1, undefined],
  ['the last attempt', failure({}), 3, undefined],
  ['a delay of the server', failure({ retryAfterMs: 2_000 }), 1, 2_000],
  ['a delay that is too long', failure({ retryAfterMs: 60_001 }), 1, undefined],
  ['a server that asks for no delay', failure({ retryAfterMs: 0, status: 429 }), 1, 250],
  ['a server that asks for less than our own delay', failure({ retryAfterMs: 100, status: 503 }), 2, 500],
  ['a request that was changed', copyError(failure({ retryAfterMs: 0, status: 400 }), { reworded: true }), 2, 0],
  ['a call that came as markup', new AgentError('x', { code: 'leaked-markup', retryable: true, retryAfterMs: 0 }), 1, 0],
  ['the first retry', failure({}), 1, 250],
  ['the second retry', failure({}), 2, 500],
] as const)('%s', (_, error, attempt, delay) => {
  expect(retryDelayMs(error, attempt, { ...defaultAttempts, random: 0.5 })).toBe(delay)
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

test('a defect is thrown as it is, at once', async () => {
  const defect = new Error('a defect')
  let sent = 0
  const work = withRetries(() => {
    sent++
    return Promise.reject(defect)
  }, new AbortController().signal)

  await expect(work).rejects.toBe(defect)
  expect(sent).toBe(1)
})

test('a call that was aborted while it waits fails as aborted', async () => {
  const controller = new AbortController()
  const work = withRetries(() => Promise.reject(failure({ retryAfterMs: 10_000 })), controller.signal)
  setImmediate(() => controller.abort(new Error('stop')))

  await expect(soon(work)).rejects.toMatchObject({ code: 'aborted', cause: { message: 'stop' } })
})

test('a call whose signal was aborted before is not sent', async () => {
  let sent = 0
  const work = withRetries(async () => sent++, AbortSignal.abort())

  await expect(work).rejects.toMatchObject({ code: 'aborted' })
  expect(sent).toBe(0)
})

test('a call is sent three times at most', async () => {
  let sent = 0
  const work = withRetries(() => {
    sent++
    return Promise.reject(failure({ retryAfterMs: 0 }))
  }, new AbortController().signal)

  await expect(work).rejects.toMatchObject({ code: 'rate-limited' })
  expect(sent).toBe(3)
})
