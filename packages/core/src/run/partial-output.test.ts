import { describe, expect, expectTypeOf, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { ModelEvent, ModelTraits } from '../contract/model.ts'
import type { OutputSpec, PartialOutput } from '../contract/output.ts'
import { NumberedEngine } from '../testing/numbered-engine.ts'
import { failureOf } from '../testing/runs.ts'
import { type Answer, call, modelOf, overloaded, replyEvent, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

interface Town {
  readonly name: string
  readonly districts: readonly { readonly name: string; readonly people: number }[]
}

/** Takes any value: what fits is not what these tests are about. */
function anyOutput<Output>(schema: JsonObject): OutputSpec<Output> {
  // The tests give the type of what their models write.
  return { schema, parse: async (value) => ({ ok: true, value: value as Output }) }
}

const town = anyOutput<Town>({ type: 'object' })
const names = anyOutput<readonly string[]>({ type: 'array', items: { type: 'string' } })

/** A model whose text or arguments come in these pieces. */
function piecewise(pieces: readonly string[], toolName?: string, traits: Partial<ModelTraits> = {}) {
  const whole = pieces.join('')
  const deltaOf = (delta: string, index: number): ModelEvent => {
    if (toolName === undefined) return { type: 'text-delta', delta }
    return { type: 'tool-call-delta', index: 0, delta, ...(index === 0 && { toolName }) }
  }
  const model = modelOf(async function* () {
    for (const [index, piece] of pieces.entries()) yield [deltaOf(piece, index)]
    yield [replyEvent(toolName === undefined ? [{ type: 'text', text: whole }] : [{ type: 'tool-call', toolCallId: 'a', toolName, inputText: whole }])]
  })
  return { ...model, traits: { ...model.traits, ...traits } }
}

async function read(partials: AsyncIterable<unknown>): Promise<string[]> {
  const all: string[] = []
  for await (const partial of partials) all.push(JSON.stringify(partial))
  return all
}

const pieces = ['{"na', 'me":"Os', 'lo","districts":[', '{"name":"Fro', 'gner","people":6', '0}]', '}']
const growing = [
  '{}',
  '{"name":"Os"}',
  '{"name":"Oslo","districts":[]}',
  '{"name":"Oslo","districts":[{"name":"Fro"}]}',
  '{"name":"Oslo","districts":[{"name":"Frogner"}]}',
  '{"name":"Oslo","districts":[{"name":"Frogner","people":60}]}',
]

describe('each mode shows the output while it comes', () => {
  test.each(['native', 'json', 'text', 'tool'] as const)('%s', async (outputMode) => {
    const model = piecewise(pieces, outputMode === 'tool' ? 'final_answer' : undefined, { outputModes: ['native', 'json'] })
    const run = new Agent({ model, output: town, outputMode }).stream('go')
    expect(await read(run.partialOutputStream)).toEqual(growing)
    const { output, text } = await run.result
    expect(text).toBe(pieces.join(''))
    expect(JSON.stringify(output)).toBe(text)
  })

  test.each(['native', 'json', 'text', 'tool'] as const)('%s, where the output is not an object', async (outputMode) => {
    const model = piecewise(['{"value":', '["a', 'b","', '"]}'], outputMode === 'tool' ? 'final_answer' : undefined, { outputModes: ['native', 'json'] })
    const run = new Agent({ model, output: names, outputMode }).stream('go')
    expect(await read(run.partialOutputStream)).toEqual(['["a"]', '["ab",""]'])
    expect(await run.result).toMatchObject({ output: ['ab', ''], text: '["ab",""]' })
  })
})

test('a scalar is shown as far as it is known', async () => {
  const shown = async (...parts: readonly string[]) => {
    const output = anyOutput<Json>({})
    return await read(new Agent({ model: piecewise(parts), output, outputMode: 'text' }).stream('go').partialOutputStream)
  }
  expect(await shown('{"value":"O', 'slo', '"}')).toEqual(['"O"', '"Oslo"'])
  expect(await shown('{"value":1', '2', '}')).toEqual(['12'])
  expect(await shown('{"value":nu', 'll', '}')).toEqual(['null'])
})

test('text and a code fence around the object are passed over', async () => {
  const run = new Agent({ model: piecewise(['Here:\n```json\n', '{"name":"Oslo"}', '\n```\nDone.']), output: town, outputMode: 'text' }).stream('go')
  expect(await read(run.partialOutputStream)).toEqual(['{"name":"Oslo"}'])
})

test('an object and its lists are the same ones each time, and grow', async () => {
  const kept: unknown[] = []
  for await (const partial of new Agent({ model: piecewise(pieces), output: town, outputMode: 'text' }).stream('go').partialOutputStream) kept.push(partial)
  expect(new Set(kept).size).toBe(1)
})

async function partialsOf(
  answers: readonly Answer[],
  { tools = [testTool('look')], ...options }: { readonly retryAfterText?: 'restart'; readonly tools?: never[] | ReturnType<typeof testTool>[] } = {},
) {
  const agent = new Agent({ model: scriptedModel(answers), output: town, tools })
  return await read(agent.stream('go', options).partialOutputStream)
}

test('other calls, text beside them and earlier steps show nothing', async () => {
  const answer = { text: 'I look {first}.', calls: [call('look', { name: 'x' })] }
  const last = { text: 'Now {this}.', calls: [call('look', { name: 'y' }), call('functions.final_answer:1', { name: 'Oslo' })] }
  expect(await partialsOf([answer, last])).toEqual(['{"name":"Oslo"}'])
})

test('a model that answers in text although a tool takes the output is shown when its message is complete', async () => {
  expect(await partialsOf([{ text: '{"name":"Oslo"}' }])).toEqual(['{"name":"Oslo"}'])
})

test('an answer that is sent again starts with a new value', async () => {
  const broken = { calls: [call('final_answer', '{"name":"Be')], error: overloaded() }
  expect(await partialsOf([broken, { calls: [call('final_answer', { name: 'Oslo' })] }])).toEqual(['{"name":"Be"}', '{"name":"Oslo"}'])
})

test('a replayed run shows its recorded output once', async () => {
  const model = scriptedModel([{ calls: [call('final_answer', { name: 'Oslo' })] }])
  const agent = new Agent({ model, output: town, outputMode: 'tool' })
  const engine = new NumberedEngine()
  await agent.generate('go', { engine, runId: 'one' })
  const run = agent.stream('go', { engine: new NumberedEngine(engine.recorded), runId: 'one' })
  expect(await read(run.partialOutputStream)).toEqual(['{"name":"Oslo"}'])
  expect(model.requests).toHaveLength(1)
})

test('what broke the run ends the stream with its error', async () => {
  const agent = new Agent({ model: scriptedModel([{ text: '{"name":"O', error: overloaded() }], { tools: false }), output: town })
  const partials = agent.stream('go').partialOutputStream[Symbol.asyncIterator]()
  expect((await partials.next()).value).toEqual({ name: 'O' })
  expect(await failureOf(partials.next())).toMatchObject({ code: 'stream-interrupted' })
})

test('leaving it early aborts the run', async () => {
  const run = new Agent({ model: scriptedModel([{ text: '{"name":"O', hangs: true }], { tools: false }), output: town }).stream('go')
  for await (const partial of run.partialOutputStream) {
    expect(partial).toEqual({ name: 'O' })
    break
  }
  expect(await failureOf(run.result)).toMatchObject({ code: 'aborted' })
})

test('without an output there is nothing to read', () => {
  const run = new Agent({ model: scriptedModel([{ text: 'Hi' }]) }).stream('go')
  expect(() => run.partialOutputStream).toThrow(expect.objectContaining({ code: 'invalid-use', message: expect.stringContaining('textStream') }))
})

test('the type of a part lacks what may be missing, and nothing is narrower than what may come', () => {
  expectTypeOf<PartialOutput<Town>>().toEqualTypeOf<{
    readonly name?: string
    readonly districts?: readonly { readonly name?: string; readonly people?: number }[]
  }>()
  expectTypeOf<PartialOutput<'low' | 'high'>>().toEqualTypeOf<string>()
  expectTypeOf<PartialOutput<{ at: Date; n: 1 | null } | null>>().toEqualTypeOf<{ readonly at?: string; readonly n?: number | null } | null>()
  expectTypeOf<PartialOutput<unknown>>().toEqualTypeOf<unknown>()
  const run = new Agent({ model: scriptedModel([]), output: names }).stream('go')
  run.result.catch(() => {})
  expectTypeOf(run.partialOutputStream).toEqualTypeOf<AsyncIterable<readonly string[]>>()
  expect(typeof run.runId).toBe('string')
})
