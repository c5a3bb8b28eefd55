import { expect, test } from 'vitest'
import type { JsonObject } from '../contract/json.ts'
import { parameterText } from './parameter-text.ts'

test('names and descriptions of parameters are read, nested ones included', () => {
  const schema: JsonObject = {
    type: 'object',
    description: 'not of a parameter',
    properties: {
      city: { type: 'string', description: 'Where.' },
      days: { type: 'array', items: { type: 'object', properties: { date: { description: 'When.' } } } },
      unit: { anyOf: [{ description: 'Celsius.' }, { type: 'null' }] },
      place: { $ref: '#/$defs/Place' },
    },
    $defs: { Place: { properties: { street: {} } } },
  }

  expect(parameterText(schema)).toBe('city Where. days date When. unit Celsius. place Place street')
})

test('a property may have any name, and what is not a schema is skipped', () => {
  const schema = JSON.parse('{"properties":{"__proto__":{"description":"a"},"properties":true,"description":{"description":7},"items":null},"items":3}')

  expect(parameterText(schema)).toBe('__proto__ a properties description items')
})

test('reading ends at 16 levels and 500 schemas', () => {
  let deep: JsonObject = {}
  for (let level = 40; level > 0; level--) deep = { properties: { [`level${level}`]: deep } }
  const wide = { properties: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, {}])) }

  expect(parameterText(deep).split(' ')).toHaveLength(17)
  expect(parameterText(wide).split(' ')).toHaveLength(500)
})
