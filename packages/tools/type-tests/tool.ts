// Compiled, never run: each `@ts-expect-error` is a program that must not compile.
import type { Tool, ToolCallContext, ToolSet } from '@capstan/core'
import { fromAiSdkTools, jsonSchema, tool } from '@capstan/tools'
import { calculator } from '@capstan/tools/calculator'
import { dateDifference, dates } from '@capstan/tools/dates'
import { files } from '@capstan/tools/files'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type as ark } from 'arktype'
import * as v from 'valibot'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { z as z3 } from 'zod3'

type Equal<First, Second> = (<T>() => T extends First ? 1 : 2) extends <T>() => T extends Second ? 1 : 2 ? true : false
function same<Expected, Actual>(_isSame: Equal<Expected, Actual>): void {}

interface Tenant {
  readonly id: string
}
const base = { name: 'any_tool', description: 'Any.' } as const

// The input of execute has the output type of the schema.
tool({
  ...base,
  inputSchema: z.object({ a: z.string(), b: z.int().default(1), c: z.string().transform(Number), d: z.boolean().optional() }),
  execute: (input) => same<{ a: string; b: number; c: number; d?: boolean | undefined }, typeof input>(true),
})
tool({ ...base, inputSchema: mini.object({ a: mini.optional(mini.string()) }), execute: (input) => same<{ a?: string | undefined }, typeof input>(true) })
tool({ ...base, inputSchema: z3.object({ a: z3.number().default(1) }), execute: (input) => same<{ a: number }, typeof input>(true) })
tool({ ...base, inputSchema: ark({ a: 'string' }), execute: (input) => same<{ a: string }, typeof input>(true) })
tool({ ...base, inputSchema: toStandardJsonSchema(v.object({ a: v.string() })), execute: (input) => same<{ a: string }, typeof input>(true) })
tool({
  ...base,
  inputSchema: jsonSchema<{ a: string }>({ type: 'object', properties: { a: { type: 'string' } } }),
  execute: (input) => same<{ a: string }, typeof input>(true),
})
tool({ ...base, inputSchema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }, execute: (input) => input['a'] })
declare const declared: { type: 'object'; properties?: Record<string, unknown>; required?: string[] }
tool({ ...base, inputSchema: declared, execute: () => 'ok' })

// Discriminated unions narrow.
tool({
  ...base,
  inputSchema: z.object({
    u: z.discriminatedUnion('kind', [z.object({ kind: z.literal('a'), x: z.string() }), z.object({ kind: z.literal('b'), y: z.number() })]),
  }),
  execute: ({ u }) => (u.kind === 'a' ? u.x : u.y),
})

// Context: unknown unless declared; a declared context is required from the code that runs the tool.
const plain = tool({ ...base, inputSchema: z.object({}), execute: (_input, { context }) => same<unknown, typeof context>(true) })
const tenanted = tool({ ...base, inputSchema: z.object({ a: z.string() }), execute: ({ a }, { context }: ToolCallContext<Tenant>) => `${a} ${context.id}` })
const asking = tool({ ...base, inputSchema: z.object({ a: z.string() }), needsApproval: ({ a }, context: Tenant) => a === context.id, execute: () => 'ok' })
same<Tool<Tenant>, typeof tenanted>(true)
same<Tool<Tenant>, typeof asking>(true)
const forTenants: readonly Tool<Tenant>[] = [plain, tenanted, asking, calculator, dateDifference, ...dates, ...files({ root: '.' })]
export const set: ToolSet<Tenant> = forTenants

// Tools of the AI SDK.
const foreign = {
  description: 'Weather.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }: { city: string }, { abortSignal }: { toolCallId: string; messages: unknown[]; abortSignal?: AbortSignal }) =>
    `${city} ${abortSignal?.aborted}`,
}
export const mixed: ToolSet<Tenant> = [...fromAiSdkTools<Tenant>({ get_weather: foreign }), tenanted, calculator]

// @ts-expect-error A property that the schema does not have.
tool({ ...base, inputSchema: z.object({ a: z.string() }), execute: ({ b }) => b })
// @ts-expect-error A string is not a number.
tool({ ...base, inputSchema: z.object({ a: z.string() }), execute: ({ a }) => a.toFixed(2) })
// @ts-expect-error An optional property may be missing.
tool({ ...base, inputSchema: z.object({ a: z.string().optional() }), execute: ({ a }) => a.length })
// @ts-expect-error The parameter does not fit the schema.
tool({ ...base, inputSchema: z.object({ a: z.string() }), execute: (input: { a: number }) => input.a })
// @ts-expect-error A name is missing.
tool({ description: 'Any.', inputSchema: z.object({}), execute: () => 'ok' })
// @ts-expect-error A description is missing.
tool({ name: 'any_tool', inputSchema: z.object({}), execute: () => 'ok' })
// @ts-expect-error A schema is missing.
tool({ ...base, execute: () => 'ok' })
// @ts-expect-error execute is missing.
tool({ ...base, inputSchema: z.object({}) })
// @ts-expect-error No schema at all.
tool({ ...base, inputSchema: 'object', execute: () => 'ok' })
// @ts-expect-error A shape is not a schema: z.object() is missing.
tool({ ...base, inputSchema: { city: z.string() }, execute: () => 'ok' })
// @ts-expect-error An unknown effect.
tool({ ...base, inputSchema: z.object({}), effect: 'write', execute: () => 'ok' })
// @ts-expect-error An unknown option.
tool({ ...base, inputSchema: z.object({}), timeout: 5, execute: () => 'ok' })
// @ts-expect-error The context is unknown here.
tool({ ...base, inputSchema: z.object({}), execute: (_input, { context }) => context.id })
// @ts-expect-error A call has no such property.
tool({ ...base, inputSchema: z.object({}), execute: (_input, { abortSignal }) => abortSignal })
// @ts-expect-error needsApproval must return a boolean.
tool({ ...base, inputSchema: z.object({}), needsApproval: () => 'yes', execute: () => 'ok' })
// @ts-expect-error A tool that needs a tenant is not a tool for any context.
export const anyContext: Tool<{ readonly other: string }>['needsApproval'] = asking.needsApproval
// @ts-expect-error A number is not a tool.
fromAiSdkTools({ one_tool: 5 })
// @ts-expect-error files() needs a root.
files({})
