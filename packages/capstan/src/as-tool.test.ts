import { startSimulator } from '@capstan/simulator'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Agent, asTool, evolink, jsonSchema, type Tool, tool } from './index.ts'

interface Tenant {
  readonly tenant: string
}

const settings = (baseURL: string) => ({ baseURL, apiKey: 'test-key' })

test('an agent over HTTP calls another one, with checked input, its own output and the context of the caller', async () => {
  await using desk = await startSimulator({
    script: [{ toolCalls: [{ name: 'price', input: { item: 'tea', count: '3' } }] }, { text: 'Tea costs 6.' }],
  })
  await using office = await startSimulator({
    script: [{ toolCalls: [{ name: 'find_price', input: {} }] }, { toolCalls: [{ name: 'final_answer', input: { total: 6 } }] }],
  })
  const seen: string[] = []
  const findPrice = tool({
    name: 'find_price',
    description: 'Finds a price.',
    inputSchema: z.object({}),
    effect: 'read',
    execute: (_, { context }: { readonly context: Tenant }) => {
      seen.push(context.tenant)
      return '2 each'
    },
  })
  const clerk = new Agent<Tenant>({ name: 'clerk', model: evolink('kimi-k2-thinking', settings(office.baseURL)), tools: [findPrice] })
  const price = asTool(clerk, {
    name: 'price',
    description: 'Knows prices.',
    input: z.object({ item: z.string(), count: z.number() }),
    output: z.object({ total: z.number() }),
    prompt: ({ item, count }, { tenant }) => `What do ${count} ${item} cost ${tenant}?`,
  })
  const boss = new Agent<Tenant>({ model: evolink('kimi-k2-thinking', settings(desk.baseURL)), tools: [price] })
  const result = await boss.generate('Three tea, please.', { context: { tenant: 'acme' } })

  expect(result).toMatchObject({ text: 'Tea costs 6.', children: [{ path: ['price#1'], agent: 'clerk', status: 'finished' }] })
  expect(result.steps[0]?.toolResults[0]?.text).toBe('{"total":6}')
  expect(seen).toEqual(['acme'])
  expect(office.requests[0]?.body).toMatchObject({ messages: [expect.anything(), { role: 'user', content: 'What do 3 tea cost acme?' }] })
})

test('inputs and the context are typed, and an agent that needs a context cannot be behind a tool of one without', () => {
  const model = evolink('kimi-k2-thinking', { apiKey: 'k' })
  const needy = new Agent<Tenant>({
    model,
    tools: [
      tool({
        name: 'find_tenant',
        description: 'Finds.',
        inputSchema: { type: 'object' },
        execute: (_, { context }: { readonly context: Tenant }) => context.tenant,
      }),
    ],
  })
  const behind = asTool(needy, {
    name: 'needy',
    description: 'Needs a context.',
    input: z.object({ at: z.string().transform((text) => new Date(text)) }),
    prompt: (input, context) => {
      expectTypeOf(input.at).toEqualTypeOf<Date>()
      expectTypeOf(context).toEqualTypeOf<Tenant>()
      return ''
    },
  })
  expectTypeOf(behind).toEqualTypeOf<Tool<Tenant>>()
  // @ts-expect-error The tool needs a context, and this agent gets none.
  const wrong = new Agent<undefined>({ model, tools: [behind] })
  expect(wrong.name).toBe('agent')
})

test('live values reach the prompt; what it throws is the result of the call, and a text that is not a string too', async () => {
  const calls = [
    { name: 'ask', input: { at: '2026-01-02T00:00:00Z' } },
    { name: 'ask', input: { at: '1999-01-02T00:00:00Z' } },
    { name: 'ask', input: { at: '1990-01-02T00:00:00Z' } },
  ]
  await using desk = await startSimulator({ script: [{ toolCalls: calls }, { text: 'end' }] })
  await using office = await startSimulator({ script: [{ text: 'fine' }] })
  const clerk = new Agent({ name: 'clerk', model: evolink('kimi-k2-thinking', settings(office.baseURL)) })
  const input = jsonSchema<{ at: string }>({ type: 'object', properties: { at: { type: 'string' } }, required: ['at'] })
  const ask = asTool(clerk, {
    name: 'ask',
    description: 'Asks.',
    input,
    prompt: ({ at }) => {
      if (at.startsWith('1999')) throw new Error('secret')
      return at.startsWith('1990') ? (7 as never) : `At ${at}`
    },
  })
  const { steps } = await new Agent({ model: evolink('kimi-k2-thinking', settings(desk.baseURL)), tools: [ask] }).generate('go')
  const [first, second, third] = steps[0]?.toolResults ?? []
  expect(first).toMatchObject({ status: 'ok', text: 'fine' })
  for (const result of [second, third]) {
    expect(result).toMatchObject({ status: 'error', text: expect.stringMatching(/error id/) })
    expect(result?.text).not.toContain('secret')
  }
})

test.each([
  ['an unknown option', { inputSchema: {} }, /`inputSchema` is not an option of asTool\(\)\. Use `input`/],
  ['an unknown limit', { limits: { maxSteps: 2 } }, /limits\.steps/],
  ['a share of nothing', { limits: { share: 0 } }, /`limits.share` must be a number above 0/],
  ['a depth beyond ids', { depth: 9 }, /`depth` must be an integer from 1 to 8/],
  ['another way to return', { returns: 'all' }, /`returns` must be 'result' or 'final'/],
  ['no prompt', { prompt: undefined }, /`prompt` must be a function/],
  ['a name that a model cannot send', { name: 'a b' }, /a_b/],
])('%s is refused with what to write', (_name, options, message) => {
  const model = evolink('kimi-k2-thinking', { apiKey: 'k' })
  const right = { name: 'ask', description: 'Asks.', input: z.object({}), prompt: () => 'x' }
  expect(() => asTool(new Agent({ model }), { ...right, ...(options as object) })).toThrow(message)
})

test('what is not an agent is refused', () => {
  const options = { name: 'ask', description: 'Asks.', input: z.object({}), prompt: () => 'x' }
  expect(() => asTool({} as never, options)).toThrow(/asTool 'ask': An agent that `new Agent\(\{ … \}\)` made is needed, not an object/)
})

test('an agent with an output of its own may be behind a tool, also as a function and for the final answer', () => {
  const model = evolink('kimi-k2-thinking', { apiKey: 'k' })
  const output = z.object({ total: z.number() })
  const clerk = new Agent({ name: 'clerk', model, output })
  const options = { description: 'Prices.', input: z.object({}), prompt: () => 'x' }
  const price = asTool(clerk, { ...options, name: 'price', returns: 'final' })
  const total = asTool(() => clerk, { ...options, name: 'total' })
  expectTypeOf(price).toEqualTypeOf<Tool>()
  expect(new Agent({ model, tools: { price, total }, output }).name).toBe('agent')
})
