import { Agent, type Tool } from '@capstan/core'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { z as z3 } from 'zod3'
import { fromAiSdkTools } from '../from-ai-sdk.ts'
import type { InputSchema } from '../schema/standard-schema.ts'
import { callingModel } from '../testing/calling-model.ts'
import { tool } from '../tool.ts'

const big = '2512292042121000001'

/** Runs a model that calls the tool with these arguments. Returns what the tool got, and the result text for the model. */
async function sent(inputSchema: InputSchema, inputText: string, jsonSchema?: { type: string }): Promise<{ readonly got?: unknown; readonly output: string }> {
  let got: unknown
  const own = tool({
    name: 'any_tool',
    description: 'Any.',
    inputSchema,
    ...(jsonSchema && { jsonSchema }),
    execute: (input) => {
      got = input
      return 'ok'
    },
  })
  return { output: await outputOf(own, inputText), got }
}

async function outputOf(own: Tool, inputText: string): Promise<string> {
  const result = await new Agent({ model: callingModel('any_tool', inputText), tools: [own] }).generate('go')
  return result.steps[0]?.toolResults[0]?.text ?? ''
}

const numbers: readonly (readonly [string, InputSchema])[] = [
  ['zod', z.object({ id: z.number() })],
  ['zod, coerced', z.object({ id: z.coerce.number() })],
  ['zod, an integer', z.object({ id: z.int() })],
  ['zod, preprocessed', z.object({ id: z.preprocess((value) => Number(value), z.number()) })],
  ['zod/mini', mini.object({ id: mini.number() })],
  ['zod 3', z3.object({ id: z3.number() })],
  ['zod 3, coerced', z3.object({ id: z3.coerce.number() })],
  ['valibot', toStandardJsonSchema(v.object({ id: v.number() }))],
  ['arktype', type({ id: 'number' })],
  ['raw JSON Schema', { type: 'object', properties: { id: { type: 'integer' } } } as InputSchema],
  ['raw JSON Schema of any type', { type: 'object' } as InputSchema],
  ['zod, anything', z.object({ id: z.any() })],
  ['zod, a record', z.record(z.string(), z.unknown())],
  ['zod, a loose object', z.looseObject({})],
  ['zod, number or null', z.object({ id: z.number().nullable() })],
]

test.each(numbers)('%s: a number that a double would change is refused with its digits', async (_library, schema) => {
  for (const text of [big, '0.1234567890123456789', '9007199254740993']) {
    const { got, output } = await sent(schema, `{"id":${text}}`)
    expect(got).toBeUndefined()
    expect(output).toContain(`/id: the number ${text} cannot be held exactly`)
    expect(output).toContain('as strings')
  }
})

test.each(numbers.slice(0, 10))('%s: a number that a double represents exactly reaches the tool', async (_library, schema) => {
  expect(await sent(schema, '{"id":9007199254740991.0}')).toEqual({ got: { id: 9_007_199_254_740_991 }, output: 'ok' })
})

test.each<[string, InputSchema]>([
  ['zod', z.object({ id: z.string() })],
  ['zod, optional', z.object({ id: z.string().optional() })],
  ['zod, string or number', z.object({ id: z.union([z.string(), z.number()]) })],
  ['zod/mini', mini.object({ id: mini.string() })],
  ['zod 3', z3.object({ id: z3.string() })],
  ['valibot', toStandardJsonSchema(v.object({ id: v.string() }))],
  ['arktype', type({ id: 'string' })],
  ['raw JSON Schema', { type: 'object', properties: { id: { type: ['string', 'null'] } } } as InputSchema],
])('%s: where a string is taken, it is the digits that were written', async (_library, schema) => {
  for (const text of [big, '0.1234567890123456789', '-9007199254740993'])
    expect(await sent(schema, `{"id":${text}}`)).toEqual({ got: { id: text }, output: 'ok' })
})

test.each<[string, InputSchema]>([
  ['zod', z.object({ id: z.string() })],
  ['zod 3', z3.object({ id: z3.string() })],
  ['valibot', toStandardJsonSchema(v.object({ id: v.string() }))],
  ['raw JSON Schema', { type: 'object', properties: { id: { type: 'string' } } } as InputSchema],
])('%s: a number becomes a string only with the characters that were written', async (_library, schema) => {
  for (const text of ['1.0', '1e2', '-0', '100', '0.50']) {
    const { got, output } = await sent(schema, `{"id":${text}}`)
    if (got === undefined) expect(output).toContain('/id')
    else expect(got).toEqual({ id: text })
  }
})

test('a bigint is exact, from a number that is safe and from a string of digits', async () => {
  const shown = { type: 'object' }
  expect(await sent(z.object({ id: z.coerce.bigint() }), `{"id":"${big}"}`, shown)).toEqual({ got: { id: BigInt(big) }, output: 'ok' })
  expect(await sent(z.object({ id: z.bigint() }), `{"id":"${big}"}`, shown)).toEqual({ got: { id: BigInt(big) }, output: 'ok' })
  expect(await sent(z.object({ id: z.bigint() }), '{"id":15}', shown)).toEqual({ got: { id: 15n }, output: 'ok' })
  expect(await sent(toStandardJsonSchema(v.object({ id: v.bigint() })), '{"id":15}', shown)).toEqual({ got: { id: 15n }, output: 'ok' })
  // String() of this number is the text that was sent, but BigInt() of it has other digits.
  for (const text of [big, '100000000000000000000000']) expect((await sent(z.object({ id: z.bigint() }), `{"id":${text}}`, shown)).got).toBeUndefined()
})

test('numbers in JSON that was sent as a string are exact, too', async () => {
  const list = z.object({ ids: z.array(z.number()), names: z.array(z.string()) })
  expect((await sent(list, `{"ids":"[${big}]","names":[]}`)).got).toBeUndefined()
  expect(await sent(list, `{"ids":"[1]","names":"[${big},1.0]"}`)).toEqual({ got: { ids: [1], names: [big, '1.0'] }, output: 'ok' })
})

test('a tool of the AI SDK gets no rounded number', async () => {
  const [own] = fromAiSdkTools({ any_tool: { description: 'Any.', inputSchema: z.object({ id: z.number() }), execute: () => 'ran' } })
  if (own === undefined) throw new Error('fromAiSdkTools returned no tool.')
  expect(await outputOf(own, `{"id":${big}}`)).toContain(big)
})
