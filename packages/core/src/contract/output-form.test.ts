import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from './json.ts'
import type { OutputSpec } from './output.ts'
import { checkWritten, outputForm } from './output-form.ts'

const text = { type: 'string' }

test('a schema whose top is an object stays as it is', () => {
  const schema = { type: 'object', properties: { value: text }, $defs: { a: text } }
  expect(outputForm(schema)).toEqual({ schema, isWrapped: false })
  expect(outputForm(schema).schema).toBe(schema)
})

test.each<[string, JsonObject]>([
  ['a list', { type: 'array', items: text }],
  ['a scalar', text],
  ['an object or null', { type: ['object', 'null'], properties: {} }],
  ['a union', { anyOf: [text, { type: 'null' }] }],
  ['a union of objects', { type: 'object', oneOf: [{ properties: { a: text } }, { properties: { b: text } }] }],
  ['anything', {}],
])('%s becomes the only property of an object', (_, schema) => {
  expect(outputForm(schema)).toEqual({
    schema: { type: 'object', properties: { value: schema }, required: ['value'], additionalProperties: false },
    isWrapped: true,
  })
})

describe('references of a wrapped schema', () => {
  test('into its definitions stay, and the definitions are at the new top', () => {
    const $defs = { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } }
    const { schema } = outputForm({ type: 'array', items: { $ref: '#/$defs/node' }, $defs })
    expect(schema).toMatchObject({ properties: { value: { type: 'array', items: { $ref: '#/$defs/node' } } }, $defs })
  })

  test('into its top lead to where that is now', () => {
    const list = {
      type: 'array',
      items: { anyOf: [text, { $ref: '#' }, { $ref: '#/items/anyOf/0' }, { $ref: '#/definitions/a' }] },
      definitions: { a: { $ref: '#' } },
    }
    expect(outputForm(list).schema).toEqual({
      type: 'object',
      properties: { value: { $ref: '#/$defs/output' } },
      required: ['value'],
      additionalProperties: false,
      $defs: {
        output: {
          type: 'array',
          items: { anyOf: [text, { $ref: '#/$defs/output' }, { $ref: '#/$defs/output/items/anyOf/0' }, { $ref: '#/definitions/a' }] },
        },
      },
      definitions: { a: { $ref: '#/$defs/output' } },
    })
  })

  test('get a name that is free', () => {
    const { schema } = outputForm({ type: 'array', items: { $ref: '#' }, $defs: { output: text } })
    expect(schema).toMatchObject({
      properties: { value: { $ref: '#/$defs/output_' } },
      $defs: { output: text, output_: { items: { $ref: '#/$defs/output_' } } },
    })
  })

  test('are only those of the keyword: data and names that look like one stay', () => {
    const item = { type: 'object', properties: { $ref: text, default: { $ref: '#' } }, default: { $ref: '#' }, enum: [{ $ref: '#' }] }
    const { schema } = outputForm({ type: 'array', items: item })
    expect(schema).toMatchObject({
      $defs: { output: { items: { properties: { $ref: text, default: { $ref: '#/$defs/output' } }, default: { $ref: '#' }, enum: [{ $ref: '#' }] } } },
    })
  })
})

/** A spec of an output that is a list of strings. */
const list: OutputSpec<readonly string[]> = {
  schema: { type: 'array', items: text },
  parse: async (value) =>
    Array.isArray(value) && value.every((item: Json) => typeof item === 'string') ? { ok: true, value } : { ok: false, message: 'no list' },
}

test.each<[string, Json, unknown]>([
  ['the wrapper', { value: ['a'] }, { ok: true, value: ['a'] }],
  ['the wrapper with more in it', { value: ['a'], note: 'b' }, { ok: true, value: ['a'] }],
  ['the value without its wrapper', ['a'], { ok: true, value: ['a'] }],
  ['a wrong value in the wrapper', { value: [1] }, { ok: false, message: 'no list' }],
  ['an object without the property', { list: ['a'] }, { ok: false, message: 'The answer must be an object with the property "value".\nno list' }],
  ['an inherited name', JSON.parse('{"__proto__":{"value":["a"]}}') as Json, { ok: false, message: expect.stringContaining('must be an object') }],
])('%s is checked as the output', async (_, written, expected) => {
  expect(await checkWritten(list, outputForm(list.schema), written)).toEqual(expected)
})
