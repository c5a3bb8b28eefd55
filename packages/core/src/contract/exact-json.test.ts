import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExactly } from './exact-json.ts'
import type { Json, JsonObject } from './json.ts'

const big = '2512292042121000001'

function taking(schema: JsonObject): JsonObject {
  return { type: 'object', properties: { id: schema } }
}

function read(text: string, schema: JsonObject): Json | undefined {
  const result = parseExactly(text, schema)
  return 'value' in result ? result.value : undefined
}

const number = { type: 'number' }
const string = { type: 'string' }

test.each<[string, string, JsonObject, string]>([
  ['a property', `{"id":${big}}`, taking(number), '/id'],
  ['a list', `{"id":[1,${big}]}`, taking({ type: 'array', items: { type: 'integer' } }), '/id/1'],
  ['an object in a list', `[{"a":{"b/c":${big}}}]`, {}, '/0/a/b~1c'],
  ['a union of a number and null', `{"id":${big}}`, taking({ anyOf: [number, { type: 'null' }] }), '/id'],
  ['a record', `{"any":${big}}`, { type: 'object', additionalProperties: number }, '/any'],
  ['something of any type', `{"id":${big}}`, taking({}), '/id'],
  ['something that no schema names', `{"other":${big}}`, taking(string), '/other'],
  ['the complete value', big, number, 'the value'],
])('an integer that a double would change is refused in %s, with its digits and its position', (_where, text, schema, pointer) => {
  expect(parseExactly(text, schema)).toEqual({
    problems: [`- ${pointer}: the number ${big} cannot be held exactly; it would become 2512292042121000000`],
  })
})

test.each([
  '9007199254740993',
  '-9007199254740993',
  '9007199254740993.0',
  '9007199254740993e0',
  '9.007199254740993e15',
  '100000000000000000000001',
  '0.1234567890123456789',
  '3.141592653589793238',
  '1e-400',
  '1e400',
  '-1e400',
  `1${'0'.repeat(400)}`,
])('%s is refused for a number and is its text for a string', (text) => {
  expect(parseExactly(`{"id":${text}}`, taking(number))).toHaveProperty('problems')
  expect(read(`{"id":${text}}`, taking(string))).toEqual({ id: text })
  expect(read(`{"id":${text}}`, taking({ type: ['string', 'integer'] }))).toEqual({ id: text })
})

test.each([
  '0',
  '-0',
  '0.0',
  '0e5',
  '1.0',
  '1e2',
  '1E+2',
  '0.10',
  '9007199254740992',
  '9007199254740994',
  '39275589181355210',
  '100000000000000000000000',
  '1000000000000000000',
  '0.30000000000000004',
  '0.12345678901234567',
  '1.10000000000000000000',
  '1.7976931348623157e308',
  '5e-324',
  '0.0000001',
  '123456.0000000000000000',
])('%s is a number as it was written', (text) => {
  expect(read(`{"id":${text}}`, taking(number))).toEqual({ id: Number(text) })
  expect(read(`{"id":${text}}`, {})).toEqual({ id: Number(text) })
})

test.each(['1.0', '1e2', '-0', '0.50', '1E5', '0.0000001', '100.'.concat('0'.repeat(20))])('%s where only a string is taken is these characters', (text) => {
  expect(read(`{"id":${text}}`, taking(string))).toEqual({ id: text })
  expect(read(`{"id":${text}}`, taking({ type: 'array', items: { type: 'array', items: string } }))).toEqual({ id: text })
  expect(read(`{"id":[${text}]}`, taking({ type: 'array', items: string }))).toEqual({ id: [text] })
})

test('a number that JavaScript writes the same way stays a number, whatever the schema takes', () => {
  expect(read('{"id":15}', taking(string))).toEqual({ id: 15 })
})

test('a schema is followed through references, unions, tuples and patterns', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: {
      node: { $ref: '#/$defs/node' },
      either: { oneOf: [number, string] },
      pair: { type: 'array', prefixItems: [number, string], items: number },
      old: { type: 'array', items: [number, string] },
    },
    patternProperties: { '^id_': string },
    $defs: { node: { type: 'object', properties: { id: string, next: { $ref: '#/$defs/node' } } } },
  }
  expect(read(`{"node":{"next":{"next":{"id":${big}}}},"either":${big},"pair":[1.0,${big}],"old":[1.0,2.0],"id_1":${big}}`, schema)).toEqual({
    node: { next: { next: { id: big } } },
    either: big,
    pair: [1, big],
    old: [1, '2.0'],
    id_1: big,
  })
  expect(read(`{"pair":[1,"",${big}]}`, schema)).toBeUndefined()
})

test('where a name is repeated, the last value counts', () => {
  expect(read('{"id":1.0,"id":1}', taking(string))).toEqual({ id: 1 })
  expect(read(`{"id":${big},"id":"x"}`, taking(string))).toEqual({ id: 'x' })
  expect(read('{"id":{"id":1.0},"id":1e0}', taking(string))).toEqual({ id: '1e0' })
})

test('numbers in strings and in names are not numbers', () => {
  expect(read(`{"${big}":"${big}","q\\"1.0":"1e400 \\\\"}`, {})).toEqual({ [big]: big, 'q"1.0': '1e400 \\' })
})

test('the name __proto__ is a name', () => {
  const value = read('{"__proto__":1.0}', { type: 'object', additionalProperties: string })
  expect(Object.entries(value ?? {})).toEqual([['__proto__', '1.0']])
})

test('text that is not JSON is a SyntaxError', () => {
  expect(() => parseExactly('{"id":01.0}', {})).toThrow(SyntaxError)
})

test('what JSON.stringify writes is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      expect(read(text, {})).toEqual(JSON.parse(text))
    }),
  )
})

test('no number becomes another one: it is what was written, or it is refused', () => {
  const digits = fc.stringMatching(/^[1-9]\d{0,24}$/)
  const exponent = fc.integer({ min: -30, max: 30 })
  fc.assert(
    fc.property(digits, fc.nat(20), exponent, (all, fraction, power) => {
      const text = `${all.slice(0, -fraction) || '0'}.${all.slice(-fraction) || '0'}e${power}`
      const value = read(text, number)
      const significant = all.replace(/0+$/, '').length
      if (value === undefined) expect(significant).toBeGreaterThan(15)
      else expect(value).toBe(Number(text))
      if (value !== undefined && significant > 17) expect(String(value).replace(/\D/g, '')).toContain(all.replace(/0+$/, ''))
      expect(String(read(text, string))).toBe(text)
    }),
  )
})

test('a million characters of numbers and a hundred thousand levels are read in one pass', () => {
  expect(read(`[${'1.0,'.repeat(250_000)}1]`, {})).toHaveLength(250_001)
  expect(read(`${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`, {})).toHaveLength(1)
  expect(parseExactly(`[${'1.0,'.repeat(20_000)}1]`, { type: 'array', items: string })).toEqual({ problems: [expect.stringContaining('10000 numbers')] })
})
