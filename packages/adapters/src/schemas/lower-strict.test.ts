import { AgentError, type JsonObject } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mfjsProblem } from '../testing/mfjs-check.ts'
import { numbersFrom, sampleOf } from '../testing/sample.ts'
import { fits } from '../testing/validate.ts'
import { lowerSchema } from './lower-schema.ts'

function strict(schema: JsonObject): JsonObject {
  return lowerSchema(schema, { flavour: 'deepseek-strict', name: 'Tool "check"' })
}

const text = { type: 'string' }

test('every property is required and no other allowed; an optional one may be null', () => {
  expect(strict({ type: 'object', properties: { city: text, days: { type: 'integer', description: 'How many.' } }, required: ['city'] })).toEqual({
    type: 'object',
    properties: { city: text, days: { description: 'How many.', anyOf: [{ type: 'integer' }, { type: 'null' }] } },
    required: ['city', 'days'],
    additionalProperties: false,
  })
})

test('patterns, bounds and some formats stay; lengths and other formats are said in words', () => {
  const properties = {
    id: { type: 'string', format: 'uuid', pattern: '^a' },
    day: { type: 'string', format: 'date', maxLength: 10 },
    share: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    tags: { type: 'array', items: text, minItems: 1 },
  }
  expect(strict({ type: 'object', properties, required: Object.keys(properties) })).toEqual({
    type: 'object',
    properties: {
      ...properties,
      day: { type: 'string', description: '[format: date; maxLength: 10]' },
      tags: { type: 'array', description: '[minItems: 1]', items: text },
    },
    required: ['id', 'day', 'share', 'tags'],
    additionalProperties: false,
  })
})

test.each<readonly [string, JsonObject, string]>([
  ['a map', { type: 'object', properties: { a: { type: 'object', additionalProperties: text } } }, '/properties/a'],
  ['a value of any type', { type: 'object', properties: { a: {} } }, '/properties/a'],
  ['an object without properties', { type: 'object', properties: { a: { type: 'object' } } }, '/properties/a'],
  ['a schema that requires itself', { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }, ', the schema requires itself without an end'],
  [
    'a list of values of another type',
    { type: 'object', properties: { a: { type: 'array', enum: ['x', 'y'] } }, required: ['a'] },
    '/properties/a, no value fits',
  ],
  [
    'the same within an object that is required',
    { type: 'object', properties: { a: { type: 'object', properties: { b: { type: 'array', enum: ['x'] } }, required: ['b'] } }, required: ['a'] },
    '/properties/a/properties/b, no value fits',
  ],
])('%s cannot be sent, and is refused by tool and pointer', (_name, schema, pointer) => {
  const refused = (): unknown => strict(schema)
  expect(refused).toThrow(AgentError)
  expect(refused).toThrow(`Tool "check": at /inputSchema${pointer}`)
})

test('no arguments are an object without properties at the top', () => {
  expect(strict({ type: 'object', properties: {} })).toEqual({ type: 'object', properties: {}, required: [], additionalProperties: false })
})

/** Schemas with a type everywhere, of all keywords that are lowered. */
const schemas = fc.letrec<{ any: JsonObject }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.record(
      { type: fc.constant('string'), minLength: fc.nat(3), maxLength: fc.integer({ min: 3, max: 12 }), pattern: fc.constant('a') },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      { type: fc.constantFrom('integer', 'number'), exclusiveMinimum: fc.integer({ min: -9, max: 0 }), maximum: fc.integer({ min: 1, max: 20 }) },
      { requiredKeys: ['type'] },
    ),
    fc.record({ enum: fc.uniqueArray(fc.oneof(fc.constantFrom('a', 'b'), fc.nat(3), fc.constant(null), fc.boolean()), { minLength: 1, maxLength: 4 }) }),
    fc.record({ type: fc.constant(['string', 'null']), maxLength: fc.nat(5) }, { requiredKeys: ['type'] }),
    fc.record({ type: fc.constant('array'), items: tie('any'), minItems: fc.nat(1), uniqueItems: fc.boolean() }, { requiredKeys: ['type', 'items'] }),
    fc.record({ oneOf: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ anyOf: fc.array(tie('any'), { minLength: 1, maxLength: 3 }) }),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 }),
        required: fc.subarray(['a', 'b', 'd']),
        additionalProperties: fc.boolean(),
      },
      { requiredKeys: ['type', 'properties'] },
    ),
  ) as fc.Arbitrary<JsonObject>,
})).any

test('whatever fits a schema fits what it is lowered to, which Moonshot takes', () => {
  fc.assert(
    fc.property(schemas, fc.nat(), (schema, seed) => {
      const inside: JsonObject = { type: 'object', properties: { value: schema } }
      const lowered = lowerSchema(inside, { flavour: 'mfjs', name: 'Tool "check"' })
      expect(mfjsProblem(lowered)).toBeUndefined()
      const next = numbersFrom(seed)
      for (let count = 0; count < 10; count++) {
        const value = { value: sampleOf(schema, next) }
        if (fits(value, inside)) expect(fits(value, lowered), JSON.stringify({ value, lowered })).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})
