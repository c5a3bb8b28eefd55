import { expect, test } from 'vitest'
import { clearingPays, priceRatio } from './clearing-rule.ts'

test.each([
  ['unknown prices', undefined, 10],
  ['an unknown price of cached tokens', { input: 3, output: 9 }, 10],
  ['a cache', { input: 300, cachedInput: 6, output: 1200 }, 50],
  ['a price for writes', { input: 300, cachedInput: 30, cacheWrite: 600, output: 1200 }, 20],
  ['a cache that costs as much', { input: 300, cachedInput: 300, output: 1200 }, 1],
  ['a cache that costs nothing', { input: 300, cachedInput: 0, output: 1200 }, Number.POSITIVE_INFINITY],
])('with %s a token outside the cache costs so many times as much', (_, prices, ratio) => {
  expect(priceRatio(prices && { currency: 'USD', ...prices })).toBe(ratio)
})

const facts = { clearable: 1_000, kept: 500, rent: 4_500, priceRatio: 10, requestsLeft: 100 }

test('clearing pays once reading in vain has cost as much as reading the rest without the cache', () => {
  expect(clearingPays(facts)).toBe(true)
  expect(clearingPays({ ...facts, rent: 4_499 })).toBe(false)
})

test('near the end of a run clearing does not pay', () => {
  expect(clearingPays({ ...facts, requestsLeft: 5 })).toBe(true)
  expect(clearingPays({ ...facts, requestsLeft: 4 })).toBe(false)
})

test('nothing is cleared where nothing can be, and everything where nothing stays behind it', () => {
  expect(clearingPays({ ...facts, clearable: 0, rent: 1e9 })).toBe(false)
  expect(clearingPays({ ...facts, kept: 0, rent: 0, priceRatio: Number.POSITIVE_INFINITY })).toBe(true)
  expect(clearingPays({ ...facts, priceRatio: Number.POSITIVE_INFINITY, rent: 1e12 })).toBe(false)
})
