import { type EndpointName, type ScriptedReply, startSimulator } from '@capstan/simulator'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { Agent, deepseek, evolink, findProblem, type Model, moonshot, type OutputMode, output, tool } from './index.ts'

// Each way in which an output is asked for, at an endpoint that has it, against a simulation that refuses what the endpoint refuses.

const apiKey = 'test-key'

interface Target {
  readonly mode: OutputMode
  readonly name: string
  readonly endpoint: EndpointName
  readonly hasTools?: true
  readonly model: (baseURL: string, stream: boolean) => Model
}

const targets: readonly Target[] = [
  { mode: 'native', name: 'kimi-k3 of Moonshot', endpoint: 'moonshot', model: (baseURL, stream) => moonshot('kimi-k3', { baseURL, apiKey, stream }) },
  { mode: 'json', name: 'deepseek-chat of Evolink', endpoint: 'evolink', model: (baseURL, stream) => evolink('deepseek-chat', { baseURL, apiKey, stream }) },
  { mode: 'json', name: 'kimi-k2-thinking', endpoint: 'evolink', model: (baseURL, stream) => evolink('kimi-k2-thinking', { baseURL, apiKey, stream }) },
  { mode: 'text', name: 'deepseek-reasoner', endpoint: 'evolink', model: (baseURL, stream) => evolink('deepseek-reasoner', { baseURL, apiKey, stream }) },
  {
    mode: 'tool',
    name: 'kimi-k3 of Moonshot',
    endpoint: 'moonshot',
    hasTools: true,
    model: (baseURL, stream) => moonshot('kimi-k3', { baseURL, apiKey, stream }),
  },
  {
    mode: 'tool',
    name: 'deepseek-flash with strict tools',
    endpoint: 'deepseek',
    hasTools: true,
    model: (baseURL, stream) => deepseek('deepseek-flash', { baseURL: `${baseURL}/beta`, apiKey, stream, strictTools: true }),
  },
]

interface Node {
  readonly name: string
  readonly children: readonly Node[]
}
const node: z.ZodType<Node> = z.lazy(() => z.object({ name: z.string(), children: z.array(node) }))
const shape = z.discriminatedUnion('kind', [z.object({ kind: z.literal('circle'), r: z.number() }), z.object({ kind: z.literal('box'), w: z.number() })])

/** A schema, and what a model makes of it. */
const outputs: readonly (readonly [string, ReturnType<typeof output>, unknown])[] = [
  ['a list', output(z.array(z.string())), ['a', 'b']],
  ['an enum', output(z.enum(['low', 'high'])), 'high'],
  ['a number', output(z.number()), 12.5],
  ['a boolean', output(z.boolean()), false],
  ['a string or null', output(z.string().nullable()), null],
  ['a union of scalars', output(z.union([z.string(), z.number()])), 5],
  ['a union of objects', output(shape), { kind: 'box', w: 2 }],
  ['an object or null', output(shape.nullable()), null],
  ['a recursive object', output(node), { name: 'a', children: [{ name: 'b', children: [] }] }],
  ['a list of recursive objects', output(z.array(node)), [{ name: 'a', children: [] }]],
  ['an object', output(z.object({ id: z.int(), tags: z.array(z.string()).optional() })), { id: 1, tags: ['x'] }],
]

const look = tool({ name: 'look', description: 'Looks.', inputSchema: z.object({}), effect: 'read', execute: () => 'seen' })

function replyOf(written: unknown, isTool: boolean): ScriptedReply {
  return isTool ? { toolCalls: [{ name: 'final_answer', input: written as { value: null } }] } : { text: JSON.stringify(written) }
}

describe.each(targets)('mode $mode, $name', ({ endpoint, model, mode, hasTools }) => {
  test.each(outputs)('%s is the output, and its JSON is the text', async (_, spec, expected) => {
    const isObject = spec.schema['type'] === 'object'
    const written = isObject ? expected : { value: expected }
    const reply = replyOf(written, mode === 'tool')
    await using simulator = await startSimulator({ endpoint, apiKey, strict: { unlistedParameters: true }, script: [reply, reply] })
    for (const stream of [true, false]) {
      const agent = new Agent({ model: model(simulator.baseURL, stream), output: spec, tools: hasTools ? [look] : [] })
      const run = agent.stream('Go.')
      let last: string | undefined
      for await (const partial of run.partialOutputStream) last = JSON.stringify(partial)
      const result = await run.result
      expect(result).toMatchObject({ status: 'finished', output: expected, text: JSON.stringify(expected) })
      expect(last).toBe(result.text)
      expect(findProblem(result.messages)).toBeUndefined()
    }
    simulator.assertDone()
  })
})

test('the offline model gives outputs of any shape', async () => {
  await using simulator = await startSimulator({ apiKey })
  const model = evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey })
  for (const [, spec] of outputs) {
    const result = await new Agent({ model, output: spec }).generate('How high is the risk of 5 flights to "Oslo"?')
    expect(result.status).toBe('finished')
  }
})

test('the output has the type of the schema', async () => {
  await using simulator = await startSimulator({ apiKey, script: [{ text: '{"value":["a"]}' }] })
  const agent = new Agent({ model: evolink('deepseek-chat', { baseURL: simulator.baseURL, apiKey }), output: z.array(z.enum(['a', 'b'])) })
  const run = agent.stream('Go.')
  expectTypeOf(run.partialOutputStream).toEqualTypeOf<AsyncIterable<readonly string[]>>()
  const { output: list } = await run.result
  expectTypeOf(list).toEqualTypeOf<('a' | 'b')[] | undefined>()
  expect(list).toEqual(['a'])
})
