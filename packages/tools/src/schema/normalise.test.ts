import { expect, test } from 'vitest'
import { z } from 'zod'
import { tool } from '../tool.ts'

function sent(inputSchema: z.ZodType): string {
  return JSON.stringify(tool({ name: 'any_tool', description: 'Any.', inputSchema, execute: () => '' }).inputSchema)
}

test('$schema is not sent', () => {
  expect(sent(z.object({}))).not.toContain('$schema')
})

test('the bounds that every zod integer gets are not sent', () => {
  expect(sent(z.object({ n: z.int() }))).toBe('{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}')
})

test('bounds that the author gave are sent', () => {
  expect(sent(z.object({ n: z.int().min(1).max(10) }))).toContain('"minimum":1,"maximum":10')
})

test('the pattern that zod generates for a format is not sent, one that the author gave is', () => {
  expect(sent(z.object({ mail: z.email() }))).toContain('{"type":"string","format":"email"}')
  expect(sent(z.object({ code: z.string().regex(/^[A-Z]+$/) }))).toContain('"pattern":"^[A-Z]+$"')
})

test('keywords come in a fixed order, properties in the order of the author', () => {
  const described = z.object({ b: z.string().describe('B.').optional(), a: z.string().optional() }).describe('Both.')
  expect(sent(described)).toBe('{"type":"object","description":"Both.","properties":{"b":{"type":"string","description":"B."},"a":{"type":"string"}}}')
})

test('two definitions of one schema are sent as equal bytes', () => {
  const make = (): z.ZodType => z.object({ a: z.union([z.string(), z.number()]), b: z.record(z.string(), z.int()) })
  expect(sent(make())).toBe(sent(make()))
})

test('a property named like a keyword is a property', () => {
  expect(sent(z.object({ pattern: z.string(), $schema: z.string(), minimum: z.int() }))).toContain('"$schema":{"type":"string"}')
})

test('raw schemas keep what the author wrote', () => {
  const raw = { type: 'object', properties: { mail: { type: 'string', format: 'email', pattern: '@' } } }
  expect(tool({ name: 'any_tool', description: 'Any.', inputSchema: raw, execute: () => '' }).inputSchema).toEqual(raw)
})

test('references that lead to one definition in exponentially many ways are read once', () => {
  const refer = (index: number): { readonly $ref: string } => ({ $ref: `#/$defs/d${index}` })
  const doubling = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`d${index}`, { allOf: [refer(index + 1), refer(index + 1)] }]))
  const inputSchema = { $defs: { ...doubling, d60: { type: 'object', properties: {} } }, allOf: [refer(0)] }
  expect(tool({ name: 'any_tool', description: 'Any.', inputSchema, execute: () => '' }).inputSchema).toMatchObject({ type: 'object' })
})
