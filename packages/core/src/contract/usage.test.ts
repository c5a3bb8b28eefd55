import { expect, test } from 'vitest'
import { addUsage, arePrices, costOf } from './usage.ts'

test('what was not reported stays unknown', () => {
  expect(addUsage({ inputTokens: 1 }, { outputTokens: 2 })).toEqual({ inputTokens: 1, outputTokens: 2 })
})

test('cached tokens have their own price and the total is rounded up once', () => {
  const prices = { currency: 'USD', input: 600_000, output: 2_500_000, cachedInput: 150_000 }
  expect(costOf({ inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 10 }, prices)).toEqual({ currency: 'USD', amountMicros: 360 + 60 + 25 })
  expect(costOf({ inputTokens: 1, outputTokens: 0 }, prices)).toEqual({ currency: 'USD', amountMicros: 1 })
})

test.each([
  ['reported tokens that were written to the cache', { cacheWriteTokens: 500 }, 100 * 2 + 400 * 0.2 + 500 * 4],
  ['all tokens that the cache did not serve, where no writes are reported', {}, 400 * 0.2 + 600 * 4],
  ['no write', { cacheWriteTokens: 0 }, 600 * 2 + 400 * 0.2],
  ['no more than was not served, whatever is reported', { cacheWriteTokens: 9_000 }, 400 * 0.2 + 600 * 4],
])('the price of cache writes counts for %s', (_, writes, micros) => {
  const prices = { currency: 'USD', input: 2_000_000, cachedInput: 200_000, cacheWrite: 4_000_000, output: 10_000_000 }
  expect(costOf({ inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 10, ...writes }, prices)?.amountMicros).toBe(micros + 100)
})

test('the price of cache writes is exact beyond the exact range of a number', () => {
  const prices = { currency: 'USD', input: 1, output: 0, cacheWrite: 3_000_001 }
  expect(costOf({ inputTokens: 3_000_000_001, outputTokens: 0 }, prices)?.amountMicros).toBe(9_000_003_004)
})

test('written tokens that are not an integer make the cost unknown', () => {
  expect(costOf({ inputTokens: 9, outputTokens: 0, cacheWriteTokens: 1.5 }, { currency: 'USD', input: 1, output: 1 })).toBeUndefined()
})

test('cost is exact beyond the exact range of a number', () => {
  const prices = { currency: 'USD', input: 3_000_001, output: 0 }
  expect(costOf({ inputTokens: 3_000_000_001, outputTokens: 0 }, prices)?.amountMicros).toBe(9_000_003_004)
})

test('cost is unknown without input and output tokens', () => {
  expect(costOf({ inputTokens: 1 }, { currency: 'USD', input: 1, output: 1 })).toBeUndefined()
})

test.each([[1.5], [-1], [Number.NaN], [Number.POSITIVE_INFINITY]])('the cost of %d input tokens is unknown', (inputTokens) => {
  expect(costOf({ inputTokens, outputTokens: 0 }, { currency: 'USD', input: 1, output: 1 })).toBeUndefined()
})

test.each([[0.6], [-1], [Number.NaN], [Number.POSITIVE_INFINITY]])('a price of %d is not a valid price', (input) => {
  expect(arePrices({ currency: 'USD', input, output: 1 })).toBe(false)
})
