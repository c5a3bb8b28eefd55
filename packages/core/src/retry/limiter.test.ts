import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Permit } from '../contract/model.ts'
import { createLimiter, type LimiterOptions } from './limiter.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const { signal } = new AbortController()

/** Asks for all permits at once and records the order in which they are granted. */
function ask(limiter: ReturnType<typeof createLimiter>, requests: readonly number[]): { readonly started: number[]; readonly permits: Permit[] } {
  const started: number[] = []
  const permits: Permit[] = []
  for (const [index, tokens] of requests.entries()) {
    void limiter.acquire(tokens, signal).then((permit) => {
      started.push(index)
      permits.push(permit)
    })
  }
  return { started, permits }
}

test('no more requests run at the same time than the concurrency allows, in the order in which they ask', async () => {
  const { started, permits } = ask(createLimiter({ concurrency: 2 }), [1, 1, 1, 1])
  await vi.advanceTimersByTimeAsync(120_000)
  expect(started).toEqual([0, 1])
  permits[0]?.release()
  await vi.advanceTimersByTimeAsync(0)
  expect(started).toEqual([0, 1, 2])
})

test('a permit given back twice counts once', async () => {
  const { started, permits } = ask(createLimiter({ concurrency: 1 }), [1, 1, 1])
  await vi.advanceTimersByTimeAsync(0)
  permits[0]?.release()
  permits[0]?.release()
  await vi.advanceTimersByTimeAsync(0)
  expect(started).toEqual([0, 1])
})

test('requests beyond the limit of a minute wait for it to pass', async () => {
  const { started } = ask(createLimiter({ requestsPerMinute: 2 }), [1, 1, 1])
  await vi.advanceTimersByTimeAsync(59_000)
  expect(started).toEqual([0, 1])
  await vi.advanceTimersByTimeAsync(1_100)
  expect(started).toEqual([0, 1, 2])
})

test('tokens are reserved by estimate and corrected by what was used', async () => {
  const { started, permits } = ask(createLimiter({ tokensPerMinute: 100 }), [80, 80])
  await vi.advanceTimersByTimeAsync(0)
  expect(started).toEqual([0])
  permits[0]?.release(10)
  await vi.advanceTimersByTimeAsync(0)
  expect(started).toEqual([0, 1])
})

test('a large request is not overtaken, and one that exceeds the complete limit is not starved', async () => {
  const { started } = ask(createLimiter({ tokensPerMinute: 100 }), [50, 500, 10])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(started).toEqual([0])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(started).toEqual([0, 1])
  await vi.advanceTimersByTimeAsync(61_000)
  expect(started).toEqual([0, 1, 2])
})

test('a pause delays all requests', async () => {
  const limiter = createLimiter({ concurrency: 5 })
  limiter.pause(2_000)
  const { started } = ask(limiter, [1])
  await vi.advanceTimersByTimeAsync(1_900)
  expect(started).toEqual([])
  await vi.advanceTimersByTimeAsync(200)
  expect(started).toEqual([0])
})

test('an aborted request leaves the queue at once, and no listener remains', async () => {
  const limiter = createLimiter({ concurrency: 1 })
  await limiter.acquire(1, signal)
  const controller = new AbortController()
  const waiting = limiter.acquire(1, controller.signal)
  const { started } = ask(limiter, [1])
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await vi.advanceTimersByTimeAsync(0)
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  expect(started).toEqual([])
})

test.each([0, -1, Number.NaN, '5'])('the limit %o is refused', (concurrency) => {
  expect(() => createLimiter({ concurrency } as LimiterOptions)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})

test('an unknown option of a limiter is refused with the nearest one', () => {
  expect(() => createLimiter({ requestPerMinute: 5 } as LimiterOptions)).toThrow(
    '`requestPerMinute` is not an option of createLimiter(). Use `requestsPerMinute`.',
  )
})
