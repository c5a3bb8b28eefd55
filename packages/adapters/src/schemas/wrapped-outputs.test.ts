import type { JsonObject } from '@capstan/core'
import { isJsonObject, outputForm } from '@capstan/core/internal'
import { expect, test } from 'vitest'
import { mfjsProblem } from '../testing/mfjs-check.ts'
import { numbersFrom, sampleOf } from '../testing/sample.ts'
import { fits } from '../testing/validate.ts'
import { lowerSchema } from './lower-schema.ts'

const text = { type: 'string' }
const circle = { type: 'object', properties: { kind: { const: 'circle' }, r: { type: 'number' } }, required: ['kind', 'r'], additionalProperties: false }
const box = { type: 'object', properties: { kind: { const: 'box' }, w: { type: 'number' } }, required: ['kind', 'w'], additionalProperties: false }

/** Outputs whose top is not an object, as the libraries write their schemas. */
const shapes: readonly (readonly [string, JsonObject])[] = [
  ['a list', { type: 'array', items: text }],
  ['a list of objects', { type: 'array', items: circle }],
  ['an enum', { type: 'string', enum: ['low', 'high'] }],
  ['a number', { type: 'number', minimum: 0 }],
  ['a string or null', { anyOf: [text, { type: 'null' }] }],
  ['types', { type: ['string', 'integer', 'null'] }],
  ['a union of objects', { oneOf: [circle, box] }],
  ['an object or null', { anyOf: [circle, { type: 'null' }] }],
  ['a list that refers to its top', { type: 'array', items: { anyOf: [text, { $ref: '#' }] } }],
  [
    'a recursive union',
    {
      anyOf: [
        { type: 'object', properties: { size: { type: 'number' } }, required: ['size'], additionalProperties: false },
        { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } }, required: ['children'], additionalProperties: false },
      ],
    },
  ],
  [
    'a list of a definition',
    {
      type: 'array',
      items: { $ref: '#/$defs/node' },
      $defs: {
        node: {
          type: 'object',
          properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
          required: ['next'],
          additionalProperties: false,
        },
      },
    },
  ],
]

test.each(shapes)('%s is asked for in each dialect, and what fits the schema fits its form', (_, schema) => {
  const form = outputForm(schema)
  for (const flavour of ['free', 'mfjs', 'deepseek-strict'] as const) {
    const lowered = lowerSchema(form.schema, { flavour, name: 'The schema of the output' })
    expect(lowered).toMatchObject({ type: 'object', properties: { value: expect.anything() }, required: ['value'] })
    if (flavour === 'mfjs') expect(mfjsProblem(lowered)).toBeUndefined()
    // Strict mode keeps its definitions under another name, which the check of these tests does not follow.
    if (flavour === 'deepseek-strict' && JSON.stringify(lowered).includes('$ref')) continue
    for (let seed = 0; seed < 60; seed++) {
      const value = sampleOf(schema, numbersFrom(seed))
      const isFit = fits(value, schema)
      expect(fits({ value }, form.schema)).toBe(isFit)
      if (isFit) expect(fits({ value }, lowered)).toBe(true)
    }
  }
})

test('a union of objects keeps its branches, which it would lose at the top', () => {
  const { properties } = lowerSchema(outputForm({ oneOf: [circle, box] }).schema, { flavour: 'mfjs', name: 'The schema of the output' })
  expect(isJsonObject(properties) && properties['value']).toMatchObject({ anyOf: [{ required: ['kind', 'r'] }, { required: ['kind', 'w'] }] })
})
