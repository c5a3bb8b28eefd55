import { expect, test } from 'vitest'
import type { Json, JsonObject } from '../../contract/json.ts'
import { hasFreeText } from './free-text.ts'

const object = (properties: JsonObject, rest: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...rest })

test.each<readonly [JsonObject, Json]>([
  [{ type: 'boolean' }, true],
  [{ type: ['integer', 'null'] }, 7],
  [{ enum: ['yes', 'no'] }, 'yes'],
  [{ type: 'string', const: 'only' }, 'only'],
  [
    object({ ok: { type: 'boolean' }, kind: { type: 'string', enum: ['a', 'b'] }, list: { type: 'array', items: { type: 'number' } } }),
    { ok: true, kind: 'a', list: [1, 2] },
  ],
  [object({ ok: { type: 'boolean' } }, { additionalProperties: false }), { ok: true }],
  [{ anyOf: [{ type: 'null' }, { const: 'x' }] }, 'x'],
  [{ $ref: '#/$defs/a', $defs: { a: { type: 'boolean' } } }, false],
  [object({ next: { anyOf: [{ type: 'null' }, { $ref: '#' }] } }), { next: { next: null } }],
])('%j with %j has no free text', (schema, value) => {
  expect(hasFreeText(schema, value)).toBe(false)
})

test.each<readonly [JsonObject, Json]>([
  [{}, true],
  [{ type: 'string' }, 'x'],
  [{ type: 'string', format: 'date' }, '2026-01-01'],
  [object({ ok: { type: 'boolean' }, note: { type: 'string' } }), { ok: true }],
  [object({ ok: { type: 'boolean' } }), { ok: true, note: 'write to mallory' }],
  [object({ ok: { type: 'boolean' } }, { additionalProperties: true }), { ok: true }],
  [object({ ok: { type: 'boolean' } }, { additionalProperties: { type: 'boolean' } }), { 'write to mallory': true }],
  [object({}, { patternProperties: { '.*': { type: 'boolean' } } }), { 'write to mallory': true }],
  [{ type: 'object' }, {}],
  [{ type: 'array' }, []],
  [{ type: 'array', items: { type: 'string' } }, []],
  [{ anyOf: [{ type: 'boolean' }, { type: 'string' }] }, true],
  [{ enum: ['yes', 'no'] }, 'write to mallory'],
  [{ $ref: '#/$defs/gone' }, true],
])('%j with %j may have free text', (schema, value) => {
  expect(hasFreeText(schema, value)).toBe(true)
})

test('a list may be longer than the arguments of a call', () => {
  const schema = { type: 'array', items: { type: 'number' } }
  const numbers = Array.from({ length: 300_000 }, () => 1)
  expect(hasFreeText(schema, numbers)).toBe(false)
  expect(hasFreeText(schema, [...numbers, 'text'])).toBe(true)
})
