import type { Json, JsonObject } from '@capstan/core'
import { expect, test } from 'vitest'
import { mfjsProblem } from '../testing/mfjs-check.ts'
import { fits } from '../testing/validate.ts'
import { lowerSchema } from './lower-schema.ts'

const text = { type: 'string' }
const whole = { type: 'integer' }
const circle: JsonObject = {
  type: 'object',
  properties: { kind: { type: 'string', const: 'circle' }, radius: { type: 'number' } },
  required: ['kind', 'radius'],
  additionalProperties: false,
}
const square: JsonObject = {
  type: 'object',
  properties: { kind: { type: 'string', const: 'square' }, side: whole, note: text },
  required: ['kind', 'side'],
  additionalProperties: false,
}

function lower(schema: JsonObject, flavour: 'free' | 'mfjs' | 'deepseek-strict', joinsTop = false): JsonObject {
  return lowerSchema(schema, { flavour, joinsTop, name: 'Tool "draw"' })
}

const unions: readonly (readonly [string, JsonObject])[] = [
  ['anyOf', { anyOf: [circle, square] }],
  ['oneOf with a type beside it', { type: 'object', oneOf: [circle, square] }],
  ['a nullable union', { anyOf: [circle, { type: 'null' }, square] }],
  ['unions within unions', { oneOf: [{ anyOf: [circle, { const: null }] }, { anyOf: [square] }] }],
  [
    'references',
    { $ref: '#/$defs/shape', $defs: { shape: { oneOf: [{ $ref: '#/$defs/circle' }, { $ref: '#/definitions/square' }] }, circle }, definitions: { square } },
  ],
]

test.each(unions)('%s of objects at the top becomes one object that all endpoints take, with the branches in words', (_name, schema) => {
  const lowered = lower(schema, 'mfjs')
  expect(mfjsProblem(lowered)).toBeUndefined()
  expect(lowered).toMatchObject({
    type: 'object',
    properties: { kind: { type: 'string', enum: ['circle', 'square'] }, radius: { type: 'number' }, side: whole, note: text },
    required: ['kind'],
    additionalProperties: false,
    description: expect.stringMatching(/^\[one of: .*"const":"circle".*"const":"square"/),
  })
  const values: readonly Json[] = [
    { kind: 'circle', radius: 1.5 },
    { kind: 'square', side: 2 },
    { kind: 'square', side: 2, note: 'x' },
  ]
  for (const value of values) expect(fits(value, lowered)).toBe(true)
})

test.each(unions)('%s is closed in strict mode: what only one branch has may be null', (_name, schema) => {
  expect(lower(schema, 'deepseek-strict')).toMatchObject({
    type: 'object',
    properties: { radius: { anyOf: [{ type: 'number' }, { type: 'null' }] } },
    required: ['kind', 'radius', 'side', 'note'],
    additionalProperties: false,
  })
})

test.each(unions)('%s is sent as it is where any schema is taken, and joined once the endpoint has refused it', (_name, schema) => {
  expect(lower(schema, 'free')).toBe(schema)
  expect(lower(schema, 'free', true)).toMatchObject({ type: 'object', required: ['kind'] })
  expect(lower(schema, 'free', true)).not.toHaveProperty('anyOf')
})

test('a property of several branches takes the schemas of all', () => {
  const schema = {
    anyOf: [
      { type: 'object', properties: { a: text }, required: ['a'] },
      { type: 'object', properties: { a: whole, b: text }, required: ['a', 'b'] },
    ],
  }
  expect(lower(schema, 'mfjs')).toMatchObject({ properties: { a: { anyOf: [text, whole] }, b: text }, required: ['a'] })
})

test('what is said beside a union holds for all of its branches', () => {
  const schema = {
    type: 'object',
    description: 'Who.',
    properties: { name: text },
    required: ['name'],
    anyOf: [
      { required: ['mail'], properties: { mail: text } },
      { required: ['phone'], properties: { phone: text } },
    ],
  }
  expect(lower(schema, 'mfjs')).toMatchObject({
    properties: { name: text, mail: text, phone: text },
    required: ['name'],
    description: expect.stringMatching(/^Who\. \[one of:/),
  })
})

test.each([
  ['anyOf with null', { anyOf: [circle, { type: 'null' }] }],
  ['a list of types', { ...circle, type: ['object', 'null'] }],
  ['nullable', { ...circle, nullable: true, anyOf: undefined as never }],
  ['a reference', { $ref: '#/$defs/circle', $defs: { circle } }],
  ['allOf', { allOf: [circle], anyOf: [{}, {}].slice(2) as never }],
])('a single object at the top, by %s, is that object', (name, schema) => {
  const given = JSON.parse(JSON.stringify(schema)) as JsonObject
  if (name === 'allOf') delete (given as Record<string, Json>)['anyOf']
  expect(lower(given, 'mfjs')).toMatchObject({ type: 'object', required: ['kind', 'radius'], properties: { radius: { type: 'number' } } })
  expect(mfjsProblem(lower(given, 'mfjs'))).toBeUndefined()
})

test('a union that refers to itself is joined where it is referred to', () => {
  const schema: JsonObject = {
    anyOf: [
      { type: 'object', properties: { op: { type: 'string', const: 'not' }, of: { $ref: '#' } }, required: ['op', 'of'] },
      { type: 'object', properties: { op: { type: 'string', const: 'is' }, name: text }, required: ['op', 'name'] },
    ],
  }
  const lowered = lower(schema, 'mfjs')
  expect(mfjsProblem(lowered)).toBeUndefined()
  expect(lowered).toMatchObject({ properties: { op: { enum: ['not', 'is'] }, of: { $ref: '#' }, name: text }, required: ['op'] })
  expect(fits({ op: 'not', of: { op: 'is', name: 'x' } }, lowered)).toBe(true)
})

test('a tree is sent in strict mode by references to its definition', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: { root: { $ref: '#/$defs/node' } },
    required: ['root'],
    $defs: {
      node: { type: 'object', properties: { name: text, children: { type: 'array', items: { $ref: '#/$defs/node' } } }, required: ['name', 'children'] },
    },
  }
  expect(lower(schema, 'deepseek-strict')).toEqual({
    type: 'object',
    properties: { root: { $ref: '#/$def/node' } },
    required: ['root'],
    additionalProperties: false,
    $def: {
      node: {
        type: 'object',
        properties: { name: text, children: { type: 'array', items: { $ref: '#/$def/node' } } },
        required: ['name', 'children'],
        additionalProperties: false,
      },
    },
  })
})

test('a union of anything but objects is left as it was', () => {
  expect(lower({ anyOf: [text, whole] }, 'mfjs')).toEqual({ anyOf: [text, whole] })
  expect(lower({ anyOf: [circle, text] }, 'free', true)).toEqual({ anyOf: [circle, text] })
})
