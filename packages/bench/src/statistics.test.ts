import { describe, expect, test } from 'vitest'
import { fitLine, median, medianInterval, quantile } from './statistics.ts'

test('quantiles lie between their neighbours by proportion', () => {
  expect([quantile([4, 1, 3, 2], 0.25), median([4, 1, 3, 2]), median([7])]).toEqual([1.75, 2.5, 7])
})

describe('the interval of the median', () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

  test.each([
    // The table of the sign test.
    [6, 1, 6],
    [10, 2, 9],
    [20, 6, 15],
    [30, 10, 21],
  ])('of %i values reaches from number %i to number %i', (count, low, high) => {
    expect(medianInterval(upTo(count))).toEqual({ low, high })
  })

  test('does not exist for fewer than six values', () => {
    expect(medianInterval(upTo(5))).toBeUndefined()
  })

  test('is not widened by one outlier', () => {
    expect(medianInterval([...upTo(19), 1e9])).toEqual({ low: 6, high: 15 })
  })
})

test('a line through points on a line has no error', () => {
  const line = fitLine([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((x) => [x, 3 + 2 * x] as const))
  expect(line.slope).toBeCloseTo(2)
  expect(line.high - line.low).toBeCloseTo(0)
})

test('the interval of a slope holds the slope under the noise', () => {
  const line = fitLine(Array.from({ length: 100 }, (_, x) => [x, 5 * x + (x % 2 === 0 ? 40 : -40)] as const))
  expect(line.low).toBeLessThan(5)
  expect(line.high).toBeGreaterThan(5)
})
