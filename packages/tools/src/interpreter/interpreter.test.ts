import type { Json, JsonObject } from '@capstan/core'
import { Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createChecker } from './create-checker.ts'
import { formats } from './formats.ts'
import { Work } from './work.ts'

async function fits(schema: JsonObject, value: Json): Promise<boolean> {
  return (await createChecker(schema)(value)).length === 0
}

test.each<[string, JsonObject, readonly Json[], readonly Json[]]>([
  ['type', { type: ['string', 'integer'] }, ['', 1, 1.0], [1.5, null, [], {}]],
  ['const', { const: { a: [1, 0] } }, [{ a: [1, -0] }], [{ a: [0, 1] }, {}]],
  ['enum', { enum: [1, 'x', null, { b: 2, a: 1 }] }, [1, 'x', null, { a: 1, b: 2 }], ['1', { a: 1 }]],
  ['multipleOf', { multipleOf: 0.1 }, [0.3, 1e21, -0.7, 0], [0.35, 1e-7]],
  ['lengths in code points', { minLength: 2, maxLength: 2 }, ['ab', '😀😀'], ['a', '😀', 'abc']],
  ['items', { prefixItems: [{ type: 'string' }], items: { type: 'number' } }, [['a', 1], ['a'], []], [[1], ['a', 'b']]],
  ['items of old drafts', { items: [{ type: 'string' }], additionalItems: false }, [['a'], []], [['a', 1]]],
  [
    'contains',
    { contains: { type: 'number' }, minContains: 2, maxContains: 3 },
    [
      [1, 2, 'a'],
      [1, 2, 3],
    ],
    [[1], [1, 2, 3, 4]],
  ],
  [
    'uniqueItems',
    { uniqueItems: true },
    [[1, '1', true, { a: 1 }, { a: 2 }]],
    [
      [1, 1.0],
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
    ],
  ],
  ['propertyNames', { propertyNames: { maxLength: 1 } }, [{ a: 1 }], [{ ab: 1 }]],
  [
    'patternProperties',
    { patternProperties: { '^a': { type: 'number' } }, additionalProperties: { type: 'string' } },
    [{ ab: 1, b: 'x' }],
    [{ ab: 'x' }, { b: 1 }],
  ],
  ['dependentRequired', { dependentRequired: { a: ['b'] } }, [{ b: 1 }, { a: 1, b: 1 }], [{ a: 1 }]],
  [
    'dependencies of old drafts',
    { dependencies: { a: ['b'], c: { required: ['d'] } } },
    [
      { a: 1, b: 1 },
      { c: 1, d: 1 },
    ],
    [{ a: 1 }, { c: 1 }],
  ],
  ['dependentSchemas', { dependentSchemas: { a: { required: ['b'] } } }, [{}, { a: 1, b: 1 }], [{ a: 1 }]],
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  ['if, then, else', { if: { type: 'string' }, then: { minLength: 2 }, else: { minimum: 2 } }, ['ab', 2], ['a', 1]],
  ['not', { not: { type: 'string' } }, [1], ['']],
  ['oneOf', { oneOf: [{ minimum: 2 }, { maximum: 3 }] }, [1, 5], [2, 3]],
  [
    'unevaluatedProperties',
    { allOf: [{ properties: { a: true } }], anyOf: [{ properties: { b: true }, required: ['b'] }, {}], unevaluatedProperties: false },
    [{ a: 1, b: 1 }],
    [{ c: 1 }],
  ],
  ['unevaluatedItems', { allOf: [{ prefixItems: [true] }], contains: { type: 'string' }, unevaluatedItems: false }, [[1, 'a'], ['a']], [[1, 2, 'a']]],
  ['a false schema', { properties: { a: false } }, [{}], [{ a: 1 }]],
  [
    'only the $ref counts in draft 7',
    { $schema: 'http://json-schema.org/draft-07/schema#', properties: { a: { $ref: '#/definitions/n', minimum: 5 } }, definitions: { n: { type: 'number' } } },
    [{ a: 1 }],
    [{ a: 'x' }],
  ],
])('%s accepts what fits and nothing else', async (_keyword, schema, fitting, others) => {
  for (const value of fitting) expect([value, await fits(schema, value)]).toEqual([value, true])
  for (const value of others) expect([value, await fits(schema, value)]).toEqual([value, false])
})

test.each<[string, readonly string[], readonly string[]]>([
  ['date', ['2024-02-29', '2026-11-28'], ['2026-02-29', '2026-13-01', '26-11-28', '2026-11-28T']],
  ['time', ['09:00:00Z', '23:59:60Z', '09:00:00.5+01:00'], ['09:00:00', '24:00:00Z', '12:00:60Z', '09:00:00+25:00']],
  ['date-time', ['2026-11-28T09:00:00Z', '2026-11-28 09:00:00+01:00'], ['2026-11-28', '2026-11-28T09:00', '2026-11-31T09:00:00Z']],
  ['duration', ['P1D', 'PT5M', 'P1Y2M3DT4H5M6S', 'P3W'], ['P', 'PT', '1D', 'P1S']],
  ['email', ['a@b.c', 'a.b+c@x-y.org', '"a b"@c.d', 'a@[127.0.0.1]'], ['a', 'a@', '@b.c', '.a@b.c', 'a..b@c.d', 'a b@c.d', 'a@b_c', `${'x'.repeat(65)}@b.c`]],
  ['hostname', ['example.org', 'a', 'xn--a'], ['', '-a', 'a-', 'a..b', 'a b', 'x'.repeat(64)]],
  ['ipv4', ['127.0.0.1', '0.0.0.0'], ['256.0.0.1', '1.2.3', '1.2.3.4.5', 'a.b.c.d']],
  ['ipv6', ['::1', '::', '2001:db8::8a2e:370:7334', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4'], ['1', '1:2:3:4:5:6:7', '1::2::3', '::g', '1:2:3:4:5:6:7:8:9', ':1']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000', 'x']],
  ['uri', ['https://example.org/a?b#c', 'urn:isbn:1', 'mailto:a@b.c', 'data:,x'], ['/a', 'a b:c', 'https://a b', 'x:%zz', '']],
  ['uri-reference', ['/a/b', '#c', 'https://x'], ['a b', '\\\\x']],
  ['url', ['https://example.org/ä'], ['urn:isbn:1', 'https:///x']],
  ['uri-template', ['/a/{b}'], ['/a/{b', '/a b']],
  ['regex', ['^a$'], ['(']],
  ['json-pointer', ['', '/a~1b'], ['a', '/~2']],
  ['relative-json-pointer', ['0', '1/a', '2#'], ['/a', '01', '-1']],
  ['json-pointer-uri-fragment', ['#', '#/a'], ['/a', '#a']],
])('format %s accepts what fits and nothing else', (name, fitting, others) => {
  const check = formats.get(name)
  expect(fitting.filter((text) => check?.(text) !== true)).toEqual([])
  expect(others.filter((text) => check?.(text) !== false)).toEqual([])
})

test('each problem has the path of its value', async () => {
  const check = createChecker({
    type: 'object',
    properties: { list: { type: 'array', items: { type: 'object', properties: { 'a/b': { type: 'boolean' } }, additionalProperties: false } } },
    required: ['name'],
  })
  expect(await check({ list: [{ 'a/b': 7, c: 1 }] })).toEqual([
    { path: [], message: 'Instance does not have required property "name".' },
    { path: ['list', '0', 'a/b'], message: 'Instance type "number" is invalid. Expected "boolean".' },
    { path: ['list', '0'], message: 'Property "c" is not allowed.' },
  ])
})

const leaf = fc.oneof(fc.constantFrom('', 'a', 'ab', 'abc'), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, 1.5, true, false, null))
const value = fc.letrec<{ readonly value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value
const small = fc.integer({ min: 0, max: 3 })
const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 })
/** Keywords by the arbitrary of their values; most take schemas. */
const keywords = (schema: fc.Arbitrary<JsonObject>): Readonly<Record<string, fc.Arbitrary<unknown>>> => {
  const list = fc.array(schema, { minLength: 1, maxLength: 2 })
  return {
    type: fc.oneof(fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null'), fc.constant(['string', 'object'])),
    enum: fc.array(value, { minLength: 1, maxLength: 3 }),
    minimum: small,
    exclusiveMaximum: small,
    multipleOf: fc.constantFrom(0.5, 2),
    minLength: small,
    maxLength: small,
    pattern: fc.constantFrom('^a', 'b$', '^(?!ab)'),
    properties: fc.dictionary(fc.constantFrom('a', 'b'), schema, { maxKeys: 2 }),
    patternProperties: fc.dictionary(fc.constantFrom('^a', 'c'), schema, { maxKeys: 1 }),
    additionalProperties: fc.oneof(fc.boolean(), schema),
    required: names,
    minProperties: small,
    propertyNames: schema,
    dependentRequired: fc.dictionary(fc.constantFrom('a', 'b'), names, { maxKeys: 1 }),
    items: fc.oneof(fc.boolean(), schema),
    prefixItems: list,
    contains: schema,
    maxItems: small,
    uniqueItems: fc.boolean(),
    anyOf: list,
    oneOf: list,
    allOf: list,
    not: schema,
    if: schema,
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: schema,
    $ref: fc.constant('#/$defs/d'),
  }
}
const schemas = fc.letrec<{ readonly schema: JsonObject }>((tie) => {
  const all = keywords(tie('schema'))
  const entry = fc.constantFrom(...Object.keys(all)).chain((keyword) => (all[keyword] ?? fc.constant(true)).map((chosen) => [keyword, chosen] as const))
  return {
    schema: fc.oneof(
      { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
      fc.constantFrom<JsonObject>({}, { type: 'string' }, { type: 'object' }, { $ref: '#/$defs/d' }),
      fc.array(entry, { minLength: 1, maxLength: 4 }).map((entries) => Object.fromEntries(entries) as JsonObject),
    ),
  }
}).schema

test('any value fits any schema if and only if another validator accepts it', async () => {
  const definition = {
    anyOf: [{ type: 'string' }, { type: 'object', properties: { a: { $ref: '#/$defs/d' } }, required: ['a'] }, { type: 'array', items: { $ref: '#/$defs/d' } }],
  }
  await fc.assert(
    fc.asyncProperty(schemas, value, async (schema, given) => {
      const root: JsonObject = { ...schema, $defs: { d: definition } }
      expect(await fits(root, given)).toBe(new Validator(structuredClone(root) as object, '2020-12').validate(structuredClone(given)).valid)
    }),
    { numRuns: 2_000 },
  )
})

/** The work of a check, in units. */
async function workOf(schema: JsonObject, given: Json): Promise<number> {
  const work = new Work()
  await createChecker(schema)(given, work)
  return work.done
}

/** A schema in which each level may come in two forms: the ways to check a value of n levels are two to the power of n. */
const forked: JsonObject = {
  $ref: '#/$defs/node',
  $defs: {
    node: { anyOf: [{ $ref: '#/$defs/one' }, { $ref: '#/$defs/two' }] },
    one: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, end: { const: 1 } }, required: ['end'] },
    two: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, end: { const: 2 } }, required: ['end'] },
  },
}

function chain(levels: number): Json {
  let node: Json = { end: 3 }
  for (let level = 1; level < levels; level++) node = { next: node, end: 3 }
  return node
}

test.each<[string, JsonObject, (size: number) => Json, number]>([
  ['uniqueItems of many objects', { uniqueItems: true }, (size) => Array.from({ length: size }, (_, id) => ({ id, name: 'x' })), 2_000],
  ['a recursive union', forked, chain, 20],
  [
    'a recursive union without references to branches',
    {
      anyOf: [
        { properties: { next: { $ref: '#' } }, required: ['x'] },
        { properties: { next: { $ref: '#' } }, required: ['y'] },
      ],
    },
    chain,
    20,
  ],
  ['a pattern with nested repetitions', { pattern: '(a+)+$' }, (size) => `${'a'.repeat(size)}b`, 2_000],
  ['a pattern for names', { patternProperties: { '(a+)+$': true } }, (size) => ({ [`${'a'.repeat(size)}b`]: 1 }), 2_000],
  [
    'an enum of many objects',
    { items: { enum: Array.from({ length: 500 }, (_, id) => ({ id })) } },
    (size) => Array.from({ length: size }, (_, id) => ({ id: -id })),
    2_000,
  ],
  ['many failing items', { items: { type: 'string' } }, (size) => Array.from({ length: size }, () => 1), 2_000],
])('the work for %s is linear in the value', async (_case, schema, make, size) => {
  const [once, twice] = [await workOf(schema, make(size)), await workOf(schema, make(2 * size))]
  expect(twice).toBeLessThan(2.3 * once + 2_000)
  expect(once).toBeLessThan(100 * JSON.stringify(make(size)).length + 50_000)
})

test('references that reach one value in exponentially many ways are followed once', async () => {
  const steps = Array.from(
    { length: 40 },
    (_, index) => [`s${index}`, { anyOf: [{ $ref: `#/$defs/s${index + 1}` }, { $ref: `#/$defs/s${index + 1}`, minimum: 9 }] }] as const,
  )
  const schema: JsonObject = { $ref: '#/$defs/s0', $defs: { ...Object.fromEntries(steps), s40: { type: 'string' } } }
  expect(await workOf(schema, 5)).toBeLessThan(2_000)
  expect(await fits(schema, 'x')).toBe(true)
})

test('a check that would take too much work ends with a problem', async () => {
  const schema: JsonObject = { items: { allOf: Array.from({ length: 200 }, (_, index) => ({ not: { const: -index - 1 } })) } }
  const issues = await createChecker(schema)(
    Array.from({ length: 10_000 }, (_, index) => index),
    new Work(100_000),
  )
  expect(issues).toEqual([{ path: [], message: expect.stringContaining('too much work') }])
})
