import type { Json, JsonObject } from '@capstan/core'
import { afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { callTool, makeCall } from '../testing/call.ts'
import { tool } from '../tool.ts'
import type { InputSchema } from './standard-schema.ts'

function define(inputSchema: InputSchema): ReturnType<typeof tool> {
  return tool({ name: 'any_tool', description: 'Any.', inputSchema, execute: (input) => input })
}

async function run(schema: InputSchema, input: Json): Promise<unknown> {
  const { status, text } = await callTool(define(schema), input, makeCall())
  return status === 'ok' ? JSON.parse(text) : status
}

/** A raw schema with one property. */
function having(property: JsonObject): InputSchema {
  return { type: 'object', properties: { a: property } } as InputSchema
}

afterEach(() => void vi.restoreAllMocks())

test.each<[string, InputSchema, string, string]>([
  ['zod', z.object({ a: z.string().regex(/^#[0-9a-f]{6}$/) }), '#aabbcc', 'aabbcc'],
  ['raw JSON Schema', having({ type: 'string', pattern: '^https\\:\\/\\/' }), 'https://x', 'http://x'],
  ['Python', having({ type: 'string', pattern: '^(?P<year>\\d{4})\\Z' }), '2026', '20267'],
  ['RE2', having({ type: 'string', pattern: '(?i)^abc$' }), 'ABC', 'ABD'],
  ['a property name', { type: 'object', patternProperties: { '^\\_': { type: 'number' } }, additionalProperties: false } as InputSchema, '', ''],
])('a pattern of %s is taken and checked', async (library, schema, fitting, other) => {
  const warn = vi.spyOn(process, 'emitWarning')
  if (library === 'a property name') {
    expect(await run(schema, { _a: 1 })).toEqual({ _a: 1 })
    expect(await run(schema, { _a: 'x' })).toBe('invalid-input')
    expect(await run(schema, { b: 1 })).toBe('invalid-input')
  } else {
    expect(await run(schema, { a: fitting })).toEqual({ a: fitting })
    expect(await run(schema, { a: other })).toBe('invalid-input')
  }
  expect(warn).not.toHaveBeenCalled()
})

test.each([
  ['that nothing can read', '(', { type: 'string', description: 'Pattern: (' }],
  ['with a back reference', '(a)\\1', { type: 'string', pattern: '(a)\\1' }],
])('a pattern %s is taken, not checked, and a warning says so', async (_case, pattern, shown) => {
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const own = define(having({ type: 'string', pattern }))
  expect(own.inputSchema['properties']).toEqual({ a: shown })
  expect(await run(having({ type: 'string', pattern }), { a: 'anything' })).toEqual({ a: 'anything' })
  expect(warn).toHaveBeenCalledWith(
    expect.stringMatching(/"any_tool": the pattern at \/properties\/a\/pattern is not checked/),
    expect.objectContaining({ code: 'CAPSTAN_UNCHECKED_PATTERN' }),
  )
})

test.each<[string, JsonObject, JsonObject, readonly Json[], readonly Json[]]>([
  ['exclusiveMaximum of draft 4', { type: 'integer', maximum: 100, exclusiveMaximum: true }, { type: 'integer', exclusiveMaximum: 100 }, [5, 99], [100, 101]],
  ['exclusiveMinimum of draft 4', { type: 'number', minimum: 0, exclusiveMinimum: true }, { type: 'number', exclusiveMinimum: 0 }, [0.5], [0, -1]],
  ['an exclusive bound that is switched off', { type: 'number', minimum: 0, exclusiveMinimum: false }, { type: 'number', minimum: 0 }, [0], [-1]],
  ['a switch without a bound', { type: 'number', exclusiveMinimum: true }, { type: 'number' }, [0], ['x']],
  ['nullable', { type: 'string', nullable: true }, { type: ['string', 'null'] }, ['x', null], [{ b: 1 }]],
  ['nullable with an enum', { type: 'string', enum: ['x'], nullable: true }, { type: ['string', 'null'], enum: ['x', null] }, ['x', null], ['y']],
  ['nullable beside a union', { anyOf: [{ type: 'number' }], nullable: true }, { anyOf: [{ type: 'number' }, { type: 'null' }] }, [5, null], ['x']],
  ['nullable that is switched off', { type: 'string', nullable: false }, { type: 'string' }, ['x'], [{}]],
])('%s is read as its dialect means it, and sent in the form of today', async (_case, given, shown, fitting, others) => {
  const schema = { type: 'object', properties: { a: given }, required: ['a'] } as InputSchema
  expect(define(schema).inputSchema['properties']).toEqual({ a: shown })
  for (const a of fitting) expect(await run(schema, { a })).toEqual({ a })
  for (const a of others) expect(await run(schema, { a })).toBe('invalid-input')
})

test('nullable beside a reference is read, and sent as a union', async () => {
  const schema = { type: 'object', properties: { a: { $ref: '#/$defs/n', nullable: true } }, required: ['a'], $defs: { n: { type: 'number' } } } as InputSchema
  expect(define(schema).inputSchema['properties']).toEqual({ a: { anyOf: [{ $ref: '#/$defs/n' }, { type: 'null' }] } })
  expect(await run(schema, { a: null })).toEqual({ a: null })
  expect(await run(schema, { a: 'x' })).toBe('invalid-input')
})

const branches = [
  { type: 'object', properties: { k: { const: 'a' }, x: { type: 'string' } }, required: ['k', 'x'] },
  { type: 'object', properties: { k: { const: 'b' }, y: { type: 'number' } }, required: ['k', 'y'] },
]

test.each<[string, InputSchema]>([
  ['a discriminated union of zod', z.discriminatedUnion('k', [z.object({ k: z.literal('a'), x: z.string() }), z.object({ k: z.literal('b'), y: z.number() })])],
  ['a union of zod', z.union([z.object({ k: z.literal('a'), x: z.string() }), z.object({ k: z.literal('b'), y: z.number() })])],
  ['a raw anyOf', { anyOf: branches } as InputSchema],
  ['a raw oneOf that may be null', { oneOf: [...branches, { type: 'null' }] } as InputSchema],
  ['references', { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }], $defs: { a: branches[0], b: branches[1] } } as InputSchema],
])('%s of objects at the top is taken, with the type that endpoints look for', async (_case, schema) => {
  expect(define(schema).inputSchema['type']).toBe('object')
  expect(await run(schema, { k: 'a', x: '1' })).toEqual({ k: 'a', x: '1' })
  expect(await run(schema, { k: 'b', y: 2 })).toEqual({ k: 'b', y: 2 })
  expect(await run(schema, { k: 'a', y: 2 })).toBe('invalid-input')
})

test.each<[string, InputSchema]>([
  ['nullable', z.object({ d: z.string() }).nullable()],
  ['optional', z.object({ d: z.string() }).optional()],
  [
    'nullable with a transform',
    z
      .object({ d: z.string() })
      .nullable()
      .transform((value) => value),
  ],
  ['a raw list of types', { type: ['object', 'null'], properties: { d: { type: 'string' } }, required: ['d'] } as InputSchema],
  ['a reference', { $ref: '#/$defs/d', $defs: { d: { type: 'object', properties: { d: { type: 'string' } }, required: ['d'] } } } as InputSchema],
  ['an intersection', z.intersection(z.object({ d: z.string() }), z.object({ e: z.string().optional() }))],
  ['a raw allOf', { allOf: [{ type: 'object', properties: { d: { type: 'string' } }, required: ['d'] }] } as InputSchema],
])('an object that is %s is taken as an object', async (_case, schema) => {
  const { inputSchema } = define(schema)
  expect(inputSchema['type']).toBe('object')
  if (inputSchema['allOf'] === undefined) expect(inputSchema).toMatchObject({ properties: { d: { type: 'string' } }, required: ['d'] })
  expect(await run(schema, { d: 'x' })).toEqual({ d: 'x' })
  expect(await run(schema, { d: {} })).toBe('invalid-input')
})

test.each<[string, InputSchema]>([
  ['$ref: "#"', { type: 'object', properties: { name: { type: 'string' }, kids: { type: 'array', items: { $ref: '#' } } }, required: ['name'] } as InputSchema],
  [
    '$recursiveRef: "#"',
    { type: 'object', properties: { name: { type: 'string' }, kids: { type: 'array', items: { $recursiveRef: '#' } } }, required: ['name'] } as InputSchema,
  ],
])('a schema that refers to itself by %s checks every level', async (_case, schema) => {
  const tree = (leaf: Json): Json => ({ name: 'a', kids: [{ name: 'b', kids: [{ name: leaf }] }] })
  expect(await run(schema, tree('c'))).toEqual(tree('c'))
  await expect(callTool(define(schema), tree({}), makeCall())).resolves.toMatchObject({ text: expect.stringContaining('/kids/0/kids/0/name') })
})
