import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../contract/json.ts'
import { toPointer } from '../contract/schema-types.ts'
import { finishAtOnce } from '../contract/turns.ts'
import { findReferences, replaceReferences, valueAt } from './references.ts'

const find = (input: Json) => finishAtOnce(findReferences(input))

test('references are found wherever they are, and other values stay', () => {
  const input = { a: { $result: 'r1.0' }, b: [1, { c: { $result: 'r2.0', path: '/x' } }], d: 'text $result', e: { $result: 'r3.0', path: null } }
  expect(find(input)).toEqual({
    references: expect.arrayContaining([
      { position: ['a'], id: 'r1.0' },
      { position: ['b', 1, 'c'], id: 'r2.0', path: '/x' },
      { position: ['e'], id: 'r3.0' },
    ]),
  })
  expect(find({ $result: 'r1.0', path: '' })).toEqual({ references: [{ position: [], id: 'r1.0', path: '' }] })
  expect(find({ result: 'r1.0' })).toEqual({ references: [] })
})

test.each([
  [{ a: { $result: 7 } }, '/a: a reference to a result is'],
  [{ a: { $result: 'r1.0', pointer: '/x' } }, '/a: a reference to a result is'],
  [{ a: { $result: 'r1.0', path: 'x' } }, '/a: a reference to a result is'],
  [{ a: { $result: 'r1.0', path: 0 } }, '/a: a reference to a result is'],
  [Array.from({ length: 101 }, () => ({ $result: 'r1.0' })), 'at most 100'],
])('a reference that is written in another way is a problem: %j', (input, problem) => {
  expect(find(input)).toEqual({ problem: expect.stringContaining(problem) })
})

test('an input that is nested thousands of levels deep is looked through to its 64th level', () => {
  let deep: Json = { $result: 'r1.0' }
  for (let level = 0; level < 20_000; level++) deep = [deep]
  expect(find(deep)).toEqual({ references: [] })
})

test('values take the place of references in a copy', () => {
  const input = { a: [{ $result: 'r1.0' }, 2], b: { c: 3 }, ['__proto__x']: 1 }
  const found = find(input)
  const references = 'references' in found ? found.references : []
  const values = references.map(({ position }) => ({ position, value: { $result: 'is not looked at again' } }))
  expect(replaceReferences(input, values)).toEqual({ ...input, a: [{ $result: 'is not looked at again' }, 2] })
  expect(input.a[0]).toEqual({ $result: 'r1.0' })
})

test('each value of a document is found by its pointer', () => {
  const document: fc.Arbitrary<Json> = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>
  fc.assert(
    fc.property(document, (whole) => {
      const visit = (value: Json, path: (string | number)[]): void => {
        expect(valueAt(whole, toPointer(path))).toEqual({ value })
        if (typeof value !== 'object' || value === null) return
        for (const [name, item] of Object.entries(value)) visit(item, [...path, Array.isArray(value) ? Number(name) : name])
      }
      visit(whole, [])
    }),
  )
})

test.each([
  ['/b', 'there is no "b" at its top, which is an object with "a"'],
  ['/a/2', 'there is no "2" at /a, which is a list of 2'],
  ['/a/-', 'there is no "-" at /a'],
  ['/a/01', 'there is no "01" at /a'],
  ['/a/0/x', 'there is no "x" at /a/0, which is a number'],
  ['/toString', 'there is no "toString" at its top'],
  ['/a/length', 'there is no "length" at /a'],
])('a pointer that leads nowhere says how far it led: %s', (pointer, problem) => {
  expect(valueAt({ a: [1, 2] }, pointer)).toEqual({ problem: expect.stringContaining(problem) })
})
