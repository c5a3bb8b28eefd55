import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../contract/json.ts'
import { PartialJson } from './partial-json.ts'

/** Texts with what JSON escapes, and characters of two halves. */
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 8 }), fc.constantFrom('\u{1F600}', '\ud83d', '\ude00', '"\\/\b\f\n\r\t', 'é中\u0000'))
const { value: anyValue } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}))
const object = fc.dictionary(fc.oneof(text, fc.constant('__proto__')), anyValue, { maxKeys: 5 })

/** JSON of a value, as models write it: with spaces, and characters escaped or not. */
function write(value: Json, indent: number, escapesAll: boolean): string {
  const json = JSON.stringify(value, undefined, indent)
  // A unit outside of ASCII is inside a string, so its escape means the same.
  return escapesAll ? json.replace(/[^\x20-\x7e\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : json
}

function cut(whole: string, cuts: readonly number[]): readonly string[] {
  const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((left, right) => left - right)
  return [0, ...places].map((start, index) => whole.slice(start, places[index] ?? whole.length))
}

/** True when one value is what has come so far of the other. */
function isBeginning(part: unknown, whole: unknown): boolean {
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part)
  if (Array.isArray(part)) return Array.isArray(whole) && isBeginningOfList(part, whole)
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return false
    // By pairs, because numeric names come first in an object.
    return Object.entries(part).every(([name, value]) => Object.hasOwn(whole, name) && isBeginning(value, Reflect.get(whole, name)))
  }
  return Object.is(part, whole)
}

function isBeginningOfList(part: readonly unknown[], whole: readonly unknown[]): boolean {
  const last = part.length - 1
  return part.length <= whole.length && part.every((item, index) => (index === last ? isBeginning(item, whole[index]) : same(item, whole[index])))
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

test('whatever the cuts, each value is a beginning of the last one, which is what JSON.parse gives', () => {
  fc.assert(
    fc.property(object, fc.array(fc.nat(), { maxLength: 40 }), fc.constantFrom(0, 2), fc.boolean(), (value, cuts, indent, escapesAll) => {
      const json = write(value, indent, escapesAll)
      const parsed: unknown = JSON.parse(json)
      const reader = new PartialJson()
      let shown = 0
      for (const piece of cut(json, cuts)) {
        const before = JSON.stringify(reader.value)
        const isChanged = reader.push(piece)
        expect(isChanged).toBe(JSON.stringify(reader.value) !== before)
        if (reader.value === undefined) continue
        expect(isBeginning(reader.value, parsed)).toBe(true)
        const length = JSON.stringify(reader.value).length
        expect(length).toBeGreaterThanOrEqual(shown)
        shown = length
      }
      expect(reader.value).toEqual(parsed)
      expect(JSON.stringify(reader.value)).toBe(JSON.stringify(parsed))
    }),
    { numRuns: 500 },
  )
})

test('a text that was changed anywhere is read as JSON.parse reads it, if that reads it', () => {
  fc.assert(
    fc.property(object, fc.nat(), fc.string({ maxLength: 3 }), fc.array(fc.nat(), { maxLength: 20 }), (value, place, inserted, cuts) => {
      const json = JSON.stringify(value)
      const at = place % (json.length + 1)
      const broken = `${json.slice(0, at)}${inserted}${json.slice(at)}`
      const reader = new PartialJson()
      for (const piece of cut(broken, cuts)) reader.push(piece)
      const whole = read(broken)
      // Text before or after the object does not belong to it.
      if (broken.startsWith('{') && whole !== undefined) expect(JSON.stringify(reader.value)).toBe(JSON.stringify(whole))
    }),
    { numRuns: 300 },
  )
})

function read(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}

/** What is shown after each of these pieces. */
function shownAfter(...pieces: readonly string[]): readonly (string | undefined)[] {
  const reader = new PartialJson()
  return pieces.map((piece) => {
    reader.push(piece)
    return JSON.stringify(reader.value)
  })
}

describe('what is shown while it comes', () => {
  test.each<[string, readonly string[], readonly (string | undefined)[]]>([
    ['text before the object, and after it', ['Here: ', '{"a":1}', ' Done {"b":2}'], [undefined, '{"a":1}', '{"a":1}']],
    ['a number only with what follows it', ['{"a":1', '2', '}'], ['{}', '{}', '{"a":12}']],
    ['a word only when it is complete', ['{"a":tr', 'ue,', '"b":nul', 'l}'], ['{}', '{"a":true}', '{"a":true}', '{"a":true,"b":null}']],
    ['a name with the beginning of its value', ['{"na', 'me"', ':', '"'], ['{}', '{}', '{}', '{"name":""}']],
    ['a string from its beginning on', ['{"a":"O', 'sl', 'o"'], ['{"a":"O"}', '{"a":"Osl"}', '{"a":"Oslo"}']],
    ['no half of a character', ['{"a":"\ud83d', '\ude00!"}'], ['{"a":""}', '{"a":"\u{1F600}!"}']],
    ['no half of an escaped character', ['{"a":"\\ud83', 'd', '\\ude0', '0"}'], ['{"a":""}', '{"a":""}', '{"a":""}', '{"a":"\u{1F600}"}']],
    ['half a character that stays one', ['{"a":"\\ud83d', 'x"}'], ['{"a":""}', '{"a":"\\ud83dx"}']],
    ['a repeated name, as its last value', ['{"a":{"x":1},"b":2,', '"a":', '[3]}'], ['{"a":{"x":1},"b":2}', '{"a":{"x":1},"b":2}', '{"a":[3],"b":2}']],
    ['nothing after what is not JSON', ['{"a":1,', 'oops,"b":2}'], ['{"a":1}', '{"a":1}']],
  ])('%s', (_, pieces, shown) => {
    expect(shownAfter(...pieces)).toEqual(shown)
  })

  test.each([
    '{"a":01}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":NaN}',
    '{"a":tru}',
    '{"a":"\\x"}',
    '{"a":"\\u12g4"}',
    "{'a':1}",
    '{"a" 1}',
    '{"a":,}',
    '{,}',
    '{"a":[}',
    '{"a":toString}',
  ])('%s shows no value of a', (json) => {
    expect(read(json)).toBeUndefined()
    const value = shownAfter(json)[0]
    expect(['{}', '{"a":""}', '{"a":[]}']).toContain(value)
  })
})

test('a name `__proto__` stays a name', () => {
  const reader = new PartialJson()
  reader.push('{"__proto__":{"polluted":"ye')
  reader.push('s"}}')
  expect(JSON.stringify(reader.value)).toBe('{"__proto__":{"polluted":"yes"}}')
  expect(Object.getPrototypeOf(reader.value)).toBe(Object.prototype)
})

test('nesting is read without recursion', () => {
  const depth = 200_000
  const reader = new PartialJson()
  reader.push('{"a":')
  reader.push('['.repeat(depth))
  reader.push(`${']'.repeat(depth)}`)
  reader.push(',"b":1}')
  expect(reader.value?.['b']).toBe(1)
})

test('a string of many pieces is read once', () => {
  const reader = new PartialJson()
  reader.push('{"a":"')
  for (let count = 0; count < 400_000; count++) reader.push('x')
  reader.push('"}')
  expect(String(reader.value?.['a'])).toHaveLength(400_000)
})
