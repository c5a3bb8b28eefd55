import { expect, test } from 'vitest'
import { findBadHeader } from './parameter-headers.ts'

const marked = (more: object = {}): object => ({ type: 'string', 'x-mcp-header': 'Region', ...more })

test.each([
  ['a property', { properties: { region: marked() } }],
  ['a property of a property', { properties: { a: { type: 'object', properties: { region: marked() } } } }],
  ['a property with this name', { properties: { 'x-mcp-header': { type: 'string' } } }],
])('%s may become a header', (_, schema) => {
  expect(findBadHeader(schema)).toBeUndefined()
})

test.each([
  ['at the top', { ...marked(), properties: {} }],
  ['in the items of a list', { properties: { a: { type: 'array', items: marked() } } }],
  ['in a branch', { properties: { a: { anyOf: [marked()] } } }],
  ['in a definition', { $defs: { a: { properties: { b: marked() } } } }],
  ['with a line feed', { properties: { a: marked({ 'x-mcp-header': 'a\nb' }) } }],
  ['with a number', { properties: { a: marked({ type: 'number' }) } }],
  ['twice', { properties: { a: marked(), b: marked({ 'x-mcp-header': 'REGION' }) } }],
])('a header %s is refused', (_, schema) => {
  expect(findBadHeader(schema)).toMatch(/x-mcp-header/)
})
