import { AgentError, type Json, type JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { hasRecordings, missingRecordings, recordedFiles } from '@capstan/test-kit'
import { describe, expect, test } from 'vitest'
import { mfjsProblem } from '../testing/mfjs-check.ts'
import { numbersFrom, sampleOf } from '../testing/sample.ts'
import { fits } from '../testing/validate.ts'
import { lowerSchema } from './lower-schema.ts'

function lower(schema: JsonObject): JsonObject {
  return lowerSchema(schema, { flavour: 'mfjs', name: 'Tool "check"' })
}

/** The lines of the files of this name, one for each suite. */
function linesOf(file: 'valid.jsonl' | 'invalid.jsonl'): readonly { readonly name: string; readonly line: string }[] {
  return recordedFiles('walle/testdata/validator_cases', `/${file}`).flatMap(({ name, text }) => {
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    return lines.map((line, index) => ({ name: `${name.replace(`/${file}`, '')} ${index + 1}`, line }))
  })
}

/** The message of the refusal; `undefined` when the schema was lowered. */
function refusalOf(schema: JsonObject): string | undefined {
  try {
    lower(schema)
  } catch (error) {
    if (AgentError.is(error) && error.code === 'invalid-tool') return error.message
    throw error
  }
  return undefined
}

const samples = 40

/** Values that a joined union no longer accepts: those of one branch with a property that another branch describes with another type. */
function isExceptionOfTop(value: Json, { anyOf }: JsonObject): boolean {
  if (!Array.isArray(anyOf) || !isJsonObject(value)) return false
  return anyOf.some(
    (branch: Json) =>
      isJsonObject(branch) &&
      isJsonObject(branch['properties']) &&
      Object.entries(branch['properties']).some(([name, property]) => value[name] !== undefined && !fits(value[name], property)),
  )
}

/** Values that fit only one of the schemas. Where a constraint moved to a description, the lowered schema may accept more. */
function differences(schema: JsonObject, lowered: JsonObject): readonly Json[] {
  const hasWords = JSON.stringify(lowered).includes('[')
  return Array.from({ length: samples }, (_, seed) => sampleOf(schema, numbersFrom(seed))).filter((value) => {
    if (isExceptionOfTop(value, schema)) return false
    const before = fits(value, schema)
    const after = fits(value, lowered)
    return hasWords && !JSON.stringify(schema).includes('[pattern') ? before && !after : before !== after
  })
}

const valid = linesOf('valid.jsonl').map(({ name, line }) => [name, JSON.parse(line) as JsonObject] as const)

interface InvalidCase {
  readonly schema: string
  readonly expect: string
}

const invalid = linesOf('invalid.jsonl').flatMap(({ name, line }) => {
  const { schema: text, expect: words } = JSON.parse(line) as InvalidCase
  const schema = parse(text)
  return schema === undefined ? [] : [[`${name} (${words})`, schema] as const]
})

/** Some cases are not JSON, so no tool could have them as its schema. */
function parse(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

describe.skipIf(!hasRecordings)(`cases of MoonshotAI/walle testdata${missingRecordings}`, () => {
  test('are available', () => expect([valid.length, invalid.length]).toEqual([213, expect.any(Number)]))

  test.each(valid)('%s is valid, stays valid and keeps its meaning', (_name, schema) => {
    const lowered = lower(schema)
    expect(mfjsProblem(lowered)).toBeUndefined()
    expect(differences(schema, lowered)).toEqual([])
    expect(lower(lowered)).toEqual(lowered)
  })

  test.each(invalid)('%s is invalid: it is lowered or refused', (_name, schema) => {
    const refusal = refusalOf(schema)
    if (refusal === undefined) expect(mfjsProblem(lower(schema))).toBeUndefined()
    else expect(refusal).toMatch(/^Tool "check": at \/inputSchema/)
  })

  test('most valid cases are unchanged', () => {
    const unchanged = valid.filter(([, schema]) => JSON.stringify(sorted(lower(schema))) === JSON.stringify(sorted(schema)))
    expect(unchanged.length).toBeGreaterThan(150)
  })
})

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  )
}

const text = { type: 'string' }

test.each<readonly [string, JsonObject, JsonObject]>([
  [
    'a pattern and a format are added to the description',
    { type: 'string', description: 'A day.', pattern: '^d', format: 'date' },
    { type: 'string', description: 'A day. [pattern: ^d; format: date]' },
  ],
  ['oneOf becomes anyOf', { oneOf: [text, { type: 'number' }] }, { anyOf: [text, { type: 'number' }] }],
  ['const becomes an enum of one', { const: 'a' }, { type: 'string', enum: ['a'] }],
  ['a nullable type becomes anyOf', { type: ['string', 'null'], minLength: 1 }, { anyOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] }],
  [
    'values of several types become anyOf',
    { enum: ['a', 1, null] },
    { anyOf: [{ type: 'string', enum: ['a'] }, { type: 'integer', enum: [1] }, { type: 'null' }] },
  ],
  [
    'an exclusive bound of integers becomes the next integer',
    { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 9 },
    { type: 'integer', minimum: 1, maximum: 8 },
  ],
  [
    'an exclusive bound of numbers is added to the description',
    { type: 'number', exclusiveMinimum: 0 },
    { type: 'number', description: '[exclusiveMinimum: 0]' },
  ],
  ['the type is inferred from the keywords', { properties: { a: text } }, { type: 'object', properties: { a: text } }],
  [
    'keywords beside anyOf are moved into its branches',
    { type: 'object', properties: { x: { type: 'object', properties: { a: text }, anyOf: [{ required: ['a'] }, { properties: { b: text } }] } } },
    {
      type: 'object',
      properties: {
        x: {
          anyOf: [
            { type: 'object', properties: { a: text }, required: ['a'] },
            { type: 'object', properties: { b: text, a: text } },
          ],
        },
      },
    },
  ],
  [
    'allOf is written out',
    { allOf: [{ type: 'object', properties: { a: text }, required: ['a'] }, { properties: { b: text } }] },
    {
      type: 'object',
      properties: { a: text, b: text },
      required: ['a'],
    },
  ],
  [
    'a reference is written out, and its own annotations override those of its target',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/text', description: 'Mine.' } },
      $defs: { text: { ...text, description: 'Theirs.' } },
    },
    { type: 'object', properties: { a: { type: 'string', description: 'Mine.' } } },
  ],
  [
    'definitions of older drafts are found',
    { type: 'object', properties: { a: { $ref: '#/definitions/text' } }, definitions: { text } },
    { type: 'object', properties: { a: text } },
  ],
  [
    'patterns of names are added to the description, and other names are allowed',
    { type: 'object', patternProperties: { '^x': text }, additionalProperties: false },
    {
      type: 'object',
      description: '[patternProperties: {"^x":{"type":"string"}}]',
    },
  ],
  [
    'a tuple becomes a list',
    { type: 'array', prefixItems: [text, { type: 'number' }], items: false },
    {
      type: 'array',
      description: '[by place: [{"type":"string"},{"type":"number"}]]',
      items: { anyOf: [text, { type: 'number' }] },
    },
  ],
  [
    'a required property without a schema may have any type',
    { type: 'object', required: ['a'] },
    {
      type: 'object',
      properties: { a: { anyOf: ['string', 'number', 'boolean', 'object', 'array', 'null'].map((type) => ({ type })) } },
      required: ['a'],
    },
  ],
  ['annotations are dropped', { $schema: 'https://json-schema.org/draft/2020-12/schema', $comment: 'c', type: 'string', deprecated: true }, text],
])('%s', (_name, schema, expected) => {
  const lowered = lower(schema)
  expect(lowered).toEqual(expected)
  expect(mfjsProblem(lowered)).toBeUndefined()
})

test('a tree keeps its shape; its required list of children becomes optional, because the checker takes it for endless recursion', () => {
  const tree: JsonObject = { type: 'object', properties: { name: text, children: { type: 'array', items: { $ref: '#' } } }, required: ['name', 'children'] }
  expect(lower(tree)).toEqual({ ...tree, required: ['name'] })
})

test('an object deeper than five levels is described in the description', () => {
  let schema: JsonObject = { type: 'object', properties: { leaf: text } }
  for (let level = 0; level < 5; level++) schema = { type: 'object', properties: { inner: schema } }
  expect(JSON.stringify(lower(schema))).toContain('an object of the form')
})

test('equal schemas have equal bytes, regardless of what was lowered before', () => {
  const schema: JsonObject = { type: 'object', properties: { b: { oneOf: [text, { const: 2 }] }, a: { type: ['integer', 'null'] } }, required: ['b'] }
  const first = JSON.stringify(lower(schema))
  lower({ type: 'object', properties: { c: { enum: Array.from({ length: 400 }, String) } } })
  expect(JSON.stringify(lower(structuredClone(schema)))).toBe(first)
})

test.each<readonly [string, JsonObject, string]>([
  ['a reference to another document', { type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } }, '/properties/a/$ref'],
  ['a reserved name', { type: 'object', properties: { required: text } }, '/properties/required'],
  ['a schema without an end', { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }, 'without an end'],
  ['bounds that exclude everything', { type: 'object', properties: { 'a/b': { type: 'string', minLength: 3, maxLength: 2 } } }, '/properties/a~1b/minLength'],
  ['a type that does not exist', { type: 'object', properties: { a: { type: 'date' } } }, '/properties/a/type'],
])('%s is refused by tool and pointer', (_name, schema, words) => {
  expect(refusalOf(schema)).toContain(words)
  expect(refusalOf(schema)).toMatch(/^Tool "check": at \/inputSchema/)
})
