import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { InputSchema } from '../schema/standard-schema.ts'
import { callTool, makeCall, parsed } from '../testing/call.ts'
import { tool } from '../tool.ts'

function define(inputSchema: InputSchema): ReturnType<typeof tool> {
  return tool({ name: 'any_tool', description: 'Any.', inputSchema, execute: (input) => input })
}

async function run(schema: InputSchema, input: string): Promise<unknown> {
  return await callTool(define(schema), parsed(input), makeCall())
}

const raw = (properties: Record<string, object>): InputSchema => ({ type: 'object', properties, required: [] }) as InputSchema

test('the message names each field, what was expected and what was received', async () => {
  const schema = z.object({ city: z.string(), days: z.int().min(1), unit: z.enum(['c', 'f']) })
  expect(await run(schema, '{"days":0,"unit":"kelvin"}')).toEqual({
    status: 'invalid-input',
    text: [
      'The input does not fit the schema of the tool:',
      '- /city: Invalid input: expected string, received undefined; got nothing',
      '- /days: Too small: expected number to be >=1; got 0',
      '- /unit: Invalid option: expected one of "c"|"f"; got "kelvin"',
      'Fix this and call the tool again.',
    ].join('\n'),
  })
})

test('for a raw schema, the message names only the innermost field', async () => {
  const schema = raw({ list: { type: 'array', items: { type: 'object', properties: { 'a/b': { type: 'boolean' } }, additionalProperties: false } } })
  const output = await run(schema, '{"list":[{"a/b":7,"c":1}]}')
  expect(output).toMatchObject({
    status: 'invalid-input',
    text: expect.stringContaining('- /list/0/a~1b: Instance type "number" is invalid. Expected "boolean"; got 7'),
  })
  expect(output).toMatchObject({ text: expect.not.stringContaining('- the input') })
})

test('long values are shortened and many issues are counted', async () => {
  const schema = z.object({ list: z.array(z.number()), text: z.string().max(1) })
  const input = { list: Array.from({ length: 50 }, () => 'x'), text: 'y'.repeat(1_000) }
  const { text } = await callTool(define(schema), input, makeCall())
  expect(text).toContain('- and 31 more')
  expect(text.length).toBeLessThan(3_000)
})

test.each<[string, InputSchema, string, string, string[]]>([
  ['"5" for a number', z.object({ n: z.number() }), '{"n":"5"}', '{"n":5}', ['/n']],
  ['"-0.5" for a number', z.object({ n: z.number() }), '{"n":"-0.5"}', '{"n":-0.5}', ['/n']],
  ['"true" for a boolean', z.object({ b: z.boolean() }), '{"b":"True"}', '{"b":true}', ['/b']],
  ['5 for a string', z.object({ s: z.string() }), '{"s":5}', '{"s":"5"}', ['/s']],
  ['"null" for null', z.object({ n: z.number().nullable() }), '{"n":"null"}', '{"n":null}', ['/n']],
  ['a single value for a list', z.object({ l: z.array(z.string()) }), '{"l":"a"}', '{"l":["a"]}', ['/l']],
  ['a list in a string', z.object({ l: z.array(z.string()) }), '{"l":"[\\"a\\"]"}', '{"l":["a"]}', ['/l']],
  ['an object in a string', z.object({ o: z.object({ a: z.number() }) }), '{"o":"{\\"a\\":1}"}', '{"o":{"a":1}}', ['/o']],
  ['the whole input in a string', z.object({ a: z.number() }), '"{\\"a\\":1}"', '{"a":1}', ['']],
  ['numbers in a list in a string', z.object({ l: z.array(z.number()) }), '{"l":"[\\"1\\"]"}', '{"l":[1]}', ['/l', '/l/0']],
  ['null for an optional property', z.object({ a: z.string().optional() }), '{"a":null}', '{}', ['/a']],
  ['null where there is a default', z.object({ a: z.string().default('x') }), '{"a":null}', '{"a":"x"}', ['/a']],
  ['"5" in a union of number and null', z.object({ n: z.union([z.number(), z.null()]) }), '{"n":"5"}', '{"n":5}', ['/n']],
  ['"5" in a record', z.object({ r: z.record(z.string(), z.number()) }), '{"r":{"a":"5"}}', '{"r":{"a":5}}', ['/r/a']],
  ['"5" in a raw schema', raw({ n: { type: 'integer' } }), '{"n":"5"}', '{"n":5}', ['/n']],
  ['"5" behind a $ref', { ...raw({ n: { $ref: '#/$defs/n' } }), $defs: { n: { type: 'integer' } } } as InputSchema, '{"n":"5"}', '{"n":5}', ['/n']],
  ['null for no arguments', z.object({}), 'null', '{}', ['']],
  ['[] for no arguments', raw({ a: { type: 'string' } }), '[]', '{}', ['']],
  ['"" for no arguments', z.object({ a: z.string().optional() }), '""', '{}', ['']],
  ['"2" for a const', raw({ n: { enum: [1, 2] } }), '{"n":"2"}', '{"n":2}', ['/n']],
])('E23, E24: %s is changed without loss and reported', async (_case, schema, input, text, coerced) => {
  expect(await run(schema, input)).toEqual({ status: 'ok', text, coerced })
})

test.each<[string, InputSchema, string]>([
  ['a number that a double does not hold', z.object({ n: z.number() }), '{"n":"12345678901234567890"}'],
  ['a number with words', z.object({ n: z.number() }), '{"n":"5 km"}'],
  ['an empty string for a number', z.object({ n: z.number() }), '{"n":""}'],
  ['"yes" for a boolean', z.object({ b: z.boolean() }), '{"b":"yes"}'],
  ['1 for a boolean', z.object({ b: z.boolean() }), '{"b":1}'],
  ['5.5 for an integer', raw({ n: { type: 'integer' } }), '{"n":"5.5"}'],
  ['null for a required property', z.object({ a: z.string() }), '{"a":null}'],
  ['a text for an object', z.object({ o: z.object({}) }), '{"o":"{broken"}'],
])('E23: %s is refused', async (_case, schema, input) => {
  expect(await run(schema, input)).toMatchObject({ status: 'invalid-input' })
})

const branches = [
  { kind: 'circle', radius: { type: 'number' } },
  { kind: 'square', side: { type: 'number' }, note: { type: 'string' } },
  { kind: 'text', note: { type: 'array', items: { type: 'string' } }, style: { type: 'object', properties: { bold: { type: 'boolean' } } } },
]
const rawUnion = (keyword: 'anyOf' | 'oneOf', additionalProperties: boolean): InputSchema =>
  ({
    [keyword]: branches.map(({ kind, ...properties }) => ({
      type: 'object',
      properties: { kind: { const: kind }, ...properties },
      required: ['kind', 'side', 'radius'].filter((name) => name === 'kind' || Object.hasOwn(properties, name)),
      additionalProperties,
    })),
  }) as InputSchema
const shapes = {
  circle: { kind: z.literal('circle'), radius: z.number() },
  square: { kind: z.literal('square'), side: z.number(), note: z.string().optional() },
  text: { kind: z.literal('text'), note: z.array(z.string()).optional(), style: z.object({ bold: z.boolean().optional() }).optional() },
}
const unions: readonly (readonly [string, InputSchema])[] = [
  ['anyOf with closed branches', rawUnion('anyOf', false)],
  ['oneOf with closed branches', rawUnion('oneOf', false)],
  ['z.union of objects', z.union([z.object(shapes.circle), z.object(shapes.square), z.object(shapes.text)])],
  ['z.union of strict objects', z.union([z.strictObject(shapes.circle), z.strictObject(shapes.square), z.strictObject(shapes.text)])],
  ['z.discriminatedUnion', z.discriminatedUnion('kind', [z.object(shapes.circle), z.object(shapes.square), z.object(shapes.text)])],
  ['z.discriminatedUnion, strict', z.discriminatedUnion('kind', [z.strictObject(shapes.circle), z.strictObject(shapes.square), z.strictObject(shapes.text)])],
  ['a union in allOf', z.intersection(z.union([z.object(shapes.circle), z.object(shapes.square), z.object(shapes.text)]), z.object({}))],
]

test.each(unions)('%s: null for the properties of the other branches, as a strict endpoint asks for it, is their absence', async (_name, schema) => {
  const value = fc.oneof(
    fc.record({ kind: fc.constant('circle'), radius: fc.nat() }),
    fc.record({ kind: fc.constant('square'), side: fc.nat(), note: fc.string() }, { requiredKeys: ['kind', 'side'] }),
    fc.record(
      { kind: fc.constant('text'), note: fc.array(fc.string()), style: fc.record({ bold: fc.constantFrom(true, null) }, { requiredKeys: [] }) },
      { requiredKeys: ['kind'] },
    ),
  )
  const check = define(schema).check
  await fc.assert(
    fc.asyncProperty(value, async (given) => {
      const input = parsed(JSON.stringify({ radius: null, side: null, note: null, style: null, ...given }))
      const expected: unknown = JSON.parse(JSON.stringify(given).replace('"bold":null', ''))
      expect(await check(input)).toMatchObject({ ok: true, value: expected })
      expect(await check(parsed(JSON.stringify({ ...given, kind: 'other' })))).toMatchObject({ ok: false })
    }),
    { numRuns: 60 },
  )
})

test('null is not removed where it is a value, where the property is required, and where the schema does not name it', async () => {
  const schema = z.union([z.strictObject({ a: z.string(), b: z.number().nullable() }), z.strictObject({ c: z.string() })])
  expect(await define(schema).check({ a: 'x', b: null, c: null })).toMatchObject({ ok: true, value: { a: 'x', b: null } })
  expect(await define(schema).check({ a: null, b: null, c: null })).toMatchObject({ ok: false })
  expect(await define(schema).check({ c: 'x', d: null })).toMatchObject({ ok: false })
})

test('an input that fits is never changed', async () => {
  expect(await run(z.object({ s: z.string(), u: z.union([z.string(), z.number()]) }), '{"s":"5","u":"5"}')).toEqual({ status: 'ok', text: '{"s":"5","u":"5"}' })
})

test('a change that does not lead to a valid input is not reported, and the message is about the original input', async () => {
  const output = await run(z.object({ n: z.number(), m: z.number() }), '{"n":"5","m":"x"}')
  expect(output).toMatchObject({ status: 'invalid-input', text: expect.stringContaining('- /n: Invalid input: expected number, received string; got "5"') })
  expect(output).not.toHaveProperty('coerced')
})

test('E24: extra keys are as the schema says: stripped, kept or refused', async () => {
  const shape = { a: z.string() }
  expect(await run(z.object(shape), '{"a":"","b":1}')).toMatchObject({ text: '{"a":""}' })
  expect(await run(z.looseObject(shape), '{"a":"","b":1}')).toMatchObject({ text: '{"a":"","b":1}' })
  expect(await run(z.strictObject(shape), '{"a":"","b":1}')).toMatchObject({ status: 'invalid-input', text: expect.stringContaining('"b"') })
  expect(await run({ type: 'object', properties: {}, additionalProperties: false }, '{"b":1}')).toMatchObject({
    status: 'invalid-input',
    text: expect.stringContaining('"b"'),
  })
})

test("E14: a tool that changes its input changes neither the caller's nor another call's", async () => {
  const input = { list: ['a'], any: { deep: [1] } }
  const own = tool({
    name: 'any_tool',
    description: 'Any.',
    inputSchema: { type: 'object' },
    execute: (given) => {
      const before = JSON.stringify(given)
      Object.assign(given, { list: 'gone' })
      Reflect.set(Object(given['any']), 'deep', 'gone')
      return before
    },
  })
  const first = await callTool(own, input, makeCall())
  const second = await callTool(own, input, makeCall())
  expect(second.text).toBe(first.text)
  expect(input).toEqual({ list: ['a'], any: { deep: [1] } })
})

test.each([
  ['raw', { type: 'object' } as InputSchema],
  ['loose zod', z.looseObject({})],
])('E15: keys such as constructor and toString are own properties with a %s schema', async (_case, schema) => {
  expect(await run(schema, '{"constructor":{"prototype":{"polluted":1}},"toString":"x","hasOwnProperty":1}')).toMatchObject({
    status: 'ok',
    text: '{"constructor":{"prototype":{"polluted":1}},"toString":"x","hasOwnProperty":1}',
  })
  expect(Object.prototype).not.toHaveProperty('polluted')
})

test('E15: the key __proto__ is refused at any depth', async () => {
  expect(await run({ type: 'object' }, '{"a":[{"__proto__":{"polluted":1}}]}')).toMatchObject({
    status: 'invalid-input',
    text: expect.stringContaining('__proto__'),
  })
  expect(await run({ type: 'object', properties: { a: { type: 'object' } } }, '{"a":"{\\"__proto__\\":{\\"polluted\\":1}}"}')).toMatchObject({
    status: 'invalid-input',
  })
  expect(Object.prototype).not.toHaveProperty('polluted')
})

test('E15: a required key that every object inherits is still missing', async () => {
  expect(await run({ type: 'object', required: ['toString'] }, '{}')).toMatchObject({ status: 'invalid-input' })
})

test('an input of more than 64 levels is refused', async () => {
  expect(await run({ type: 'object' }, `{"a":${'['.repeat(63)}${']'.repeat(63)}}`)).toMatchObject({ status: 'ok' })
  expect(await run({ type: 'object' }, `{"a":${'['.repeat(64)}${']'.repeat(64)}}`)).toMatchObject({
    status: 'invalid-input',
    text: expect.stringContaining('64 levels'),
  })
  expect(await run({ type: 'object' }, `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)).toMatchObject({ status: 'invalid-input' })
})
