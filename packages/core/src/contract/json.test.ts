import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyJson, equalJson, type Json } from './json.ts'

test('a copy of any JSON is equal and shares nothing', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = JSON.parse(text) as Json
      const copy = copyJson(value)
      expect(copy).toEqual(value)
      expect(JSON.stringify(copy)).toBe(JSON.stringify(value))
      if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value)
    }),
  )
})

test('a key `__proto__` stays a key', () => {
  const copy = copyJson(JSON.parse('{"__proto__":{"polluted":1}}') as Json)
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":1}}')
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
})

test('two values are equal as Node says it', () => {
  const parsed = fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as Json)
  fc.assert(
    fc.property(parsed, parsed, (left, right) => {
      // Minus zero becomes zero when it is written.
      const [one, other] = [JSON.parse(JSON.stringify(left)) as Json, JSON.parse(JSON.stringify(right)) as Json]
      expect(equalJson(one, other)).toBe(isDeepStrictEqual(one, other))
      expect(equalJson(one, copyJson(one))).toBe(true)
    }),
  )
  expect(equalJson({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true)
  expect(equalJson({ a: 1 }, { b: 1 })).toBe(false)
  expect(equalJson([], {})).toBe(false)
  expect(equalJson(undefined, null)).toBe(false)
})
