import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { zodToJsonSchema } from 'zod-to-json-schema'
import { z as z3 } from 'zod3'
import * as z34 from 'zod3/v4'
import * as mini34 from 'zod3/v4-mini'
import { callTool, makeCall } from '../testing/call.ts'
import { tool } from '../tool.ts'
import { convertZod3 } from './convert-zod.ts'
import type { InputSchema } from './standard-schema.ts'

function define(inputSchema: InputSchema, jsonSchema?: { type: string }): ReturnType<typeof tool> {
  return tool({ name: 'any_tool', description: 'Any.', inputSchema, ...(jsonSchema && { jsonSchema }), execute: (input) => input })
}

const expected = {
  type: 'object',
  properties: { city: { type: 'string', description: 'A city.' }, days: { type: 'integer' } },
  required: ['city'],
}

test.each<[string, InputSchema]>([
  ['zod 4', z.object({ city: z.string().describe('A city.'), days: z.int().optional() })],
  ['zod 4 mini', mini.object({ city: mini.string().check(mini.describe('A city.')), days: mini.optional(mini.int()) })],
  ['the zod 3 of 3.25', z3.object({ city: z3.string().describe('A city.'), days: z3.number().int().optional() })],
  [
    'valibot with its converter',
    toStandardJsonSchema(v.object({ city: v.pipe(v.string(), v.description('A city.')), days: v.optional(v.pipe(v.number(), v.integer())) })),
  ],
  ['raw JSON Schema', expected],
])('%s is converted to the schema that is sent', (_library, schema) => {
  expect(define(schema).inputSchema).toEqual(expected)
})

test('arktype, whose schemas are functions, is converted', () => {
  expect(define(type({ city: 'string', 'days?': 'number.integer' })).inputSchema).toMatchObject({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  })
})

test.each<[string, InputSchema]>([
  ['zod 4', z.object({ n: z.number() })],
  ['zod 4 mini', mini.object({ n: mini.number() })],
  ['zod 3', z3.object({ n: z3.number() })],
  ['valibot', toStandardJsonSchema(v.object({ n: v.number() }))],
  ['arktype', type({ n: 'number' })],
  ['raw JSON Schema', { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }],
])('%s checks inputs and names the field', async (_library, schema) => {
  await expect(callTool(define(schema), { n: 5 }, makeCall())).resolves.toMatchObject({ status: 'ok', text: '{"n":5}' })
  await expect(callTool(define(schema), { n: 'x' }, makeCall())).resolves.toMatchObject({
    status: 'invalid-input',
    text: expect.stringMatching(/- \/n: .*got "x"/),
  })
})

test('the zod 4 inside zod 3.25 is converted by a later zod, with its descriptions', async () => {
  const own = define(z34.object({ n: z34.int().describe('N.'), list: z34.array(z34.string()).optional() }))
  expect(own.inputSchema).toEqual({
    type: 'object',
    properties: { n: { type: 'integer', description: 'N.' }, list: { type: 'array', items: { type: 'string' } } },
    required: ['n'],
  })
  await expect(callTool(own, { n: 'x' }, makeCall())).resolves.toMatchObject({ status: 'invalid-input' })
})

test('the zod/mini inside zod 3.25, whose descriptions cannot be read, is refused with the command that fixes it', () => {
  expect(() => define(mini34.object({ n: mini34.int() }))).toThrow(/`npm install zod@\^4\.2\.0`/)
})

test('a schema of a later zod than the one that is found is refused with the command that fixes it', () => {
  const later = mini.object({ n: mini.int() })
  Object.assign(later._zod, { version: { major: 4, minor: 99, patch: 0 } })
  expect(() => define(later)).toThrow(/made by zod 4\.99\.0, and the zod that was found is 4\.6\.7\. Run `npm install zod@\^4\.99\.0`/)
})

test('zod-to-json-schema returns an empty schema for a zod 4 schema, so it is never called with one', () => {
  expect(zodToJsonSchema(z.object({ a: z.string() }) as never)).not.toHaveProperty('properties')
  expect(convertZod3(mini.object({ a: mini.string() }))).toHaveProperty('properties.a')
})

test('a schema that cannot be converted is shown as `jsonSchema`, and its own schema still checks inputs', async () => {
  const own = define(v.object({ n: v.number() }), { type: 'object' })
  expect(own.inputSchema).toEqual({ type: 'object' })
  await expect(own.check({ n: 'x' })).resolves.toMatchObject({ ok: false })
})

test('valibot without its converter is refused, and the message says how to fix it', () => {
  expect(() => define(v.object({ n: v.number() }))).toThrow(/toStandardJsonSchema/)
})

test('the input type is sent to the model, and the output type is what execute gets', async () => {
  const own = define(
    z.object({ text: z.string().transform((text) => text.length), plain: z.string().default('x'), list: z.preprocess((value) => value, z.array(z.string())) }),
  )
  expect(own.inputSchema).toMatchObject({ properties: { text: { type: 'string' }, plain: { default: 'x' } } })
  expect(own.inputSchema['required']).not.toContain('plain')
  await expect(callTool(own, { text: 'four', list: [] }, makeCall())).resolves.toMatchObject({ text: '{"text":4,"plain":"x","list":[]}' })
})

test.each<[string, InputSchema, string]>([
  ['a date', z.object({ when: z.object({ at: z.date() }) }), '/properties/when/properties/at'],
  ['a bigint', z.object({ list: z.array(z.object({ n: z.bigint() })) }), '/properties/list/items/properties/n'],
  ['a map', z.object({ m: z.map(z.string(), z.string()).optional() }), '/properties/m'],
  ['a custom check', z.object({ c: z.custom(() => true) }), '/properties/c'],
  ['a date of zod 3', z3.object({ when: z3.date() }), '/properties/when'],
  ['a bigint of zod 3', z3.object({ n: z3.bigint() }), '/properties/n'],
])('%s cannot be expressed in JSON and is refused when the tool is defined, with its JSON pointer', (_case, schema, pointer) => {
  expect(() => define(schema)).toThrow(pointer)
})

test('coerced dates are accepted, because a string can be converted to one', async () => {
  await expect(callTool(define(z3.object({ when: z3.coerce.date() })), { when: '2026-11-21' }, makeCall())).resolves.toMatchObject({
    text: '{"when":"2026-11-21T00:00:00.000Z"}',
  })
})

test.each<[string, InputSchema]>([
  ['a string', z.string()],
  ['a list', z.array(z.string())],
  ['a union of an object and a string', z.union([z.object({ a: z.string() }), z.string()])],
  ['null', z.null()],
  ['a reference to a string', { $ref: '#/$defs/a', $defs: { a: { type: 'string' } } } as InputSchema],
  ['a raw string schema', { type: 'string' }],
  ['a raw schema without type', { properties: {} }],
])('%s at the top is refused when the tool is defined', (_case, schema) => {
  expect(() => define(schema)).toThrow(/"any_tool".*\/type.*object/)
})

test.each<[string, unknown, string]>([
  ['an unknown type', { type: 'object', properties: { a: { type: 'strng' } } }, '/properties/a/type'],
  ['a $ref without a target', { type: 'object', properties: { a: { $ref: '#/$defs/none' } } }, '/properties/a/$ref'],
  ['a $ref to an anchor', { type: 'object', properties: { a: { $ref: '#name' } } }, '/properties/a/$ref'],
  ['a remote $ref', { type: 'object', properties: { a: { $ref: 'https://example.com/schema' } } }, '/properties/a/$ref'],
  ['a pattern that is not a string', { type: 'object', properties: { a: { type: 'string', pattern: 5 } } }, '/properties/a/pattern'],
  ['a bound that is a string', { type: 'object', properties: { a: { type: 'number', minimum: '5' } } }, '/properties/a/minimum'],
  ['an exclusive bound that is a string', { type: 'object', properties: { a: { type: 'number', exclusiveMinimum: 'yes' } } }, '/properties/a/exclusiveMinimum'],
  ['an empty enum', { type: 'object', properties: { a: { enum: [] } } }, '/properties/a/enum'],
  ['an empty list of types', { type: 'object', properties: { a: { type: [] } } }, '/properties/a/type'],
  ['strings for a list', { type: 'object', properties: { a: { type: 'array', enum: ['x', 'y'] } }, required: ['a'] }, '/properties/a/enum, none of its values'],
  ['required as in draft 3', { type: 'object', properties: { a: { type: 'string', required: true } } }, '/properties/a/required'],
  ['a $ref to itself', { type: 'object', properties: { a: { $ref: '#/properties/a' } } }, '/properties/a, it refers to itself without end'],
  ['a $ref to itself at the top', { type: 'object', $ref: '#' }, 'at its top, it refers to itself'],
  [
    'a circle of references',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/a' } },
      $defs: { a: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/b' }] }, b: { allOf: [{ $ref: '#/$defs/a' }] } },
    },
    '/properties/a',
  ],
  ['a union of itself', { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { $ref: '#/properties/a' }] } } }, '/properties/a'],
  ['a function', { type: 'object', properties: { a: () => 1 } }, '/properties/a'],
  ['a `required` that is not a list', { type: 'object', required: 'a' }, '/required'],
  ['nothing', undefined, 'undefined'],
  ['a promise', Promise.resolve({}), 'class'],
])('%s in a raw schema is refused when the tool is defined', (_case, schema, message) => {
  expect(() => define(schema as InputSchema)).toThrow(message)
})

test('a schema that refers to itself as an object is refused', () => {
  const schema: Record<string, unknown> = { type: 'object' }
  schema['properties'] = { self: schema }
  expect(() => define(schema as InputSchema)).toThrow('$ref')
})

test.each<[string, InputSchema]>([
  [
    'zod 4',
    z.object({
      name: z.string(),
      get kids() {
        return z.array(z.object({ name: z.string() }))
      },
    }),
  ],
  [
    'raw',
    {
      type: 'object',
      properties: { node: { $ref: '#/$defs/node' } },
      $defs: { node: { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#/$defs/node' } } } } },
    },
  ],
])('a recursive %s schema is taken', (_case, schema) => {
  expect(define(schema).inputSchema['type']).toBe('object')
})

test('a draft 7 schema is checked as draft 7', async () => {
  const own = define({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] } },
  })
  await expect(own.check({ pair: ['a', 1] })).resolves.toMatchObject({ ok: true })
  await expect(own.check({ pair: ['a', 'b'] })).resolves.toMatchObject({ ok: false, message: expect.stringContaining('/pair/1') })
})

test('a recursive zod 3 schema is accepted, with references and without a warning', async () => {
  interface Node {
    name: string
    kids?: Node[] | undefined
  }
  const node: z3.ZodType<Node> = z3.lazy(() => z3.object({ name: z3.string(), kids: z3.array(node).optional() }))
  const own = define(z3.object({ tree: node }))
  expect(JSON.stringify(own.inputSchema)).toContain('"$ref":"#/properties/tree"')
  await expect(own.check({ tree: { name: 'a', kids: [{ name: {} }] } })).resolves.toMatchObject({
    ok: false,
    message: expect.stringContaining('/tree/kids/0/name'),
  })
})

test('a part that is used twice is sent twice, so that no $ref is needed', () => {
  const part = z3.object({ a: z3.string() })
  expect(JSON.stringify(define(z3.object({ one: part, two: part })).inputSchema)).not.toContain('$ref')
})

test('a schema of 500 properties is accepted', () => {
  const shape = Object.fromEntries(Array.from({ length: 500 }, (_value, index) => [`property${index}`, z.string().optional()]))
  expect(Object.keys(define(z.object(shape)).inputSchema['properties'] ?? {})).toHaveLength(500)
})

test('an async refinement is awaited', async () => {
  const own = define(z.object({ id: z.string().refine(async (id) => id === 'known', 'unknown id') }))
  await expect(callTool(own, { id: 'other' }, makeCall())).resolves.toMatchObject({
    status: 'invalid-input',
    text: expect.stringContaining('/id: unknown id; got "other"'),
  })
})

test('a brand, a pipe and a discriminated union work', async () => {
  const own = define(
    z.object({
      id: z.string().brand('Id'),
      n: z.string().pipe(z.coerce.number()),
      u: z.discriminatedUnion('kind', [z.object({ kind: z.literal('a'), x: z.string() }), z.object({ kind: z.literal('b') })]),
    }),
  )
  await expect(callTool(own, { id: 'i', n: '5', u: { kind: 'b' } }, makeCall())).resolves.toMatchObject({ status: 'ok' })
})

test('the wrapper of the AI SDK around JSON Schema is accepted', async () => {
  const wrapper = { [Symbol.for('vercel.ai.schema')]: true, jsonSchema: { type: 'object', properties: { a: { type: 'string' } } }, validate: undefined }
  await expect(define(wrapper as InputSchema).check({ a: 5.5 })).resolves.toMatchObject({ ok: false })
})
