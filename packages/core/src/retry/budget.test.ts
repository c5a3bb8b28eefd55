import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countFailure, countSuccess, mayRetry } from './budget.ts'

test('retries stop when half of the budget is gone, and come back with successes', () => {
  for (let index = 0; index < 4; index++) countFailure('a')
  expect(mayRetry('a')).toBe(true)
  countFailure('a')
  expect(mayRetry('a')).toBe(false)
  countSuccess('a')
  expect(mayRetry('a')).toBe(true)
})

test('a failing endpoint does not reduce the budget of another one', () => {
  for (let index = 0; index < 20; index++) countFailure('b')
  expect([mayRetry('b'), mayRetry('c')]).toEqual([false, true])
})

test('an endpoint that always fails gets at most 5 retries, however many are requested', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 500 }), (scope, requests) => {
      let retries = 0
      for (let request = 0; request < requests; request++) {
        countFailure(scope)
        if (mayRetry(scope)) retries++
      }
      expect(retries).toBeLessThanOrEqual(5)
    }),
  )
})
