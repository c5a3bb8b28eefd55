import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyJson, type Json } from './json.ts'

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
