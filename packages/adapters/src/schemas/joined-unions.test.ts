import type { Json, JsonObject } from '@capstan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mfjsProblem } from '../testing/mfjs-check.ts'
import { fits } from '../testing/validate.ts'
import { lowerSchema } from './lower-schema.ts'

/** A schema whose top is an object or a union, and the objects of the union. */
interface Union {
  readonly schema: JsonObject
  readonly objects: readonly JsonObject[]
}

const names = ['kind', 'a', 'b', 'c'] as const
const described = fc.constantFrom<Json>(
  { type: 'string' },
  { type: ['string', 'null'] },
  { type: 'string', const: 'x' },
  { type: 'string', enum: ['x', 'y'] },
  { const: 'z' },
  { type: 'integer', minimum: 3 },
  { type: 'number' },
  { type: 'array', items: { type: 'string' } },
  {},
  true,
)
const properties = fc.dictionary(fc.constantFrom(...names), described, { maxKeys: 3 })
const object: fc.Arbitrary<JsonObject> = fc.record(
  {
    type: fc.constantFrom<Json>('object', ['object', 'null']),
    properties,
    required: fc.subarray([...names], { maxLength: 2 }),
    additionalProperties: fc.constantFrom<Json>(true, false, false, { type: 'string' }),
    patternProperties: fc.constant({ '^d': { type: 'string' } }),
  },
  { requiredKeys: ['properties', 'required'] },
)
const union = fc.letrec<{ any: Union; several: Union }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2 },
    object.map((schema) => ({ schema, objects: [schema] })),
    tie('several'),
  ),
  several: fc
    .record({ keyword: fc.constantFrom('anyOf', 'oneOf'), unions: fc.array(tie('any'), { minLength: 1, maxLength: 3 }), isNullable: fc.boolean() })
    .map(({ keyword, unions, isNullable }) => ({
      schema: { [keyword]: [...unions.map(({ schema }) => schema), ...(isNullable ? [{ type: 'null' }] : [])] },
      objects: unions.flatMap(({ objects }) => objects),
    })),
})).several
const more: fc.Arbitrary<JsonObject> = fc.record({ properties, required: fc.subarray([...names], { maxLength: 1 }) })
const values = fc.array(
  fc.dictionary(fc.constantFrom(...names, 'd', 'e'), fc.constantFrom<Json>('x', 'y', 'z', 'w', 1, 5, 2.5, true, null, ['q']), { maxKeys: 5 }),
  { minLength: 20, maxLength: 20 },
)

/** The forms in which a union can be at the top; `beside` is what the schema says beside the union. */
const forms: Readonly<Record<string, (schema: JsonObject, beside: JsonObject) => { readonly schema: JsonObject; readonly beside?: JsonObject }>> = {
  'a union': (schema) => ({ schema }),
  'a union beside properties': (schema, beside) => ({ schema: { type: 'object', ...beside, ...schema }, beside }),
  'a union inside allOf': (schema, beside) => ({ schema: { type: 'object', allOf: [schema, beside] }, beside }),
  'a reference to a union': (schema) => ({ schema: { $ref: '#/$defs/union', $defs: { union: schema } } }),
}

function namesOf(schema: JsonObject | undefined): readonly string[] {
  return Object.keys(Object(schema?.['properties']))
}

/** The one documented exception: an object allows a property that only another object describes, with any value. */
function isException(value: JsonObject, objects: readonly JsonObject[], beside: JsonObject | undefined): boolean {
  const all = objects.flatMap(namesOf)
  const known = objects.filter((one) => fits(value, one)).map((one) => [...namesOf(one), ...namesOf(beside)])
  return !known.some((own) => Object.keys(value).every((name) => own.includes(name) || !all.includes(name)))
}

/** `undefined` for a schema that is refused because no value fits it. */
function joined(schema: JsonObject, flavour: 'mfjs' | 'free'): JsonObject | undefined {
  try {
    return lowerSchema(schema, { flavour, joinsTop: true, name: 'Tool "check"' })
  } catch (error) {
    expect(String(error)).toMatch(/no value fits this schema/)
    return undefined
  }
}

test.each(Object.entries(forms))('whatever fits %s at the top fits the joined object, with the one documented exception', (_name, form) => {
  fc.assert(
    fc.property(union, more, values, fc.constantFrom('mfjs', 'free'), (given, besideIt, inputs, flavour) => {
      const { schema, beside } = form(given.schema, besideIt)
      const lowered = joined(schema, flavour)
      if (lowered === undefined) return
      expect([lowered['anyOf'], lowered['oneOf'], flavour === 'mfjs' ? mfjsProblem(lowered) : undefined]).toEqual([undefined, undefined, undefined])
      const fitting = inputs.filter((value) => fits(value, schema) && !isException(value, given.objects, beside))
      expect(fitting.filter((value) => !fits(value, lowered))).toEqual([])
    }),
    { numRuns: 250 },
  )
})
