import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isJsonObject } from '../contract/json.ts'
import type { ModelTraits } from '../contract/model.ts'
import { type OutputSpec, readJsonText } from '../contract/output.ts'
import { failureOf } from '../testing/runs.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { findProblem } from '../transcripts/check.ts'
import { Agent } from './agent.ts'

interface City {
  readonly city: string
}

const city: OutputSpec<City> = {
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  parse: async (value) =>
    isJsonObject(value) && typeof value['city'] === 'string'
      ? { ok: true, value: { city: value['city'] } }
      : { ok: false, message: 'city: expected a string.' },
}

function setUp(answers: readonly Answer[], traits: Partial<ModelTraits> = {}, tools = [testTool('look')]) {
  const model = scriptedModel(answers, traits)
  return { model, agent: new Agent({ model, output: city, tools }) }
}

test('with tools the answer is a call of a tool of the loop, and no tool choice is forced', async () => {
  const { agent, model } = setUp([{ calls: [{ name: 'look', input: {} }] }, { calls: [{ name: 'final_answer', input: { city: 'Oslo' } }] }])
  const result = await agent.generate('go')

  expect(result.output?.city).toBe('Oslo')
  expect(result).toMatchObject({ status: 'finished', stopReason: 'finished' })
  expect(model.requests[0]).not.toHaveProperty('toolChoice')
  expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(['look', 'final_answer', 'read_result'])
  expect(findProblem(result.messages)).toBeUndefined()
})

test('an output that does not fit is requested again with the problems', async () => {
  const { agent, model } = setUp([{ calls: [{ name: 'final_answer', input: { city: 5 } }] }, { calls: [{ name: 'final_answer', input: { city: 'Oslo' } }] }])
  const result = await agent.generate('go')

  expect(result.outputOrThrow()).toEqual({ city: 'Oslo' })
  expect(JSON.stringify(model.requests[1]?.messages)).toContain('expected a string')
})

test('a model that replies with text nevertheless is understood, or asked to call the tool', async () => {
  await expect(setUp([{ text: '{"city":"Oslo"}' }]).agent.generate('go')).resolves.toMatchObject({ output: { city: 'Oslo' } })
  const { agent, model } = setUp([{ text: 'Oslo it is.' }, { calls: [{ name: 'final_answer', input: { city: 'Oslo' } }] }])
  await expect(agent.generate('go')).resolves.toMatchObject({ output: { city: 'Oslo' } })
  expect(model.requests[1]?.messages.at(-1)).toMatchObject({ role: 'user', content: expect.stringContaining('final_answer') })
})

test.each([
  ['native', { outputModes: ['native', 'json'] as const }, { type: 'json', schema: city.schema }],
  ['json', { outputModes: ['json'] as const }, { type: 'json' }],
  ['text', { tools: false }, undefined],
])('without tools a model that has %s is asked so', async (_, traits, responseFormat) => {
  const { agent, model } = setUp([{ text: '```json\n{"city": "Oslo"}\n```' }], traits, [])
  const result = await agent.generate('go')

  expect(result.output).toEqual({ city: 'Oslo' })
  expect(model.requests[0]?.responseFormat).toEqual(responseFormat)
  expect(model.requests[0]?.instructions).toContain(JSON.stringify(city.schema))
})

test('after two further tries the run fails with what is still wrong', async () => {
  const { agent, model } = setUp([{ text: 'no' }, { text: '{"city":1}' }, { text: '{}' }], { tools: false }, [])
  await expect(agent.generate('go')).rejects.toMatchObject({ code: 'invalid-output', result: { steps: [{}, {}, {}] } })
  expect(model.requests).toHaveLength(3)
})

test('a paused run keeps its output rules when it continues', async () => {
  const gated = testTool('look', () => 'seen', { needsApproval: true })
  const paused = await setUp([{ calls: [{ name: 'look', input: {} }] }], {}, [gated]).agent.generate('go')
  const { agent } = setUp([{ calls: [{ name: 'final_answer', input: { city: 'Oslo' } }] }], {}, [gated])
  const state = JSON.parse(JSON.stringify(paused.state)) as NonNullable<typeof paused.state>
  const result = await agent.resume(state, { answers: { [paused.pending[0]?.id ?? '']: { approve: true } } }).result
  expect(result.output).toEqual({ city: 'Oslo' })
})

test('an answer by an alias of the answer tool is the answer', async () => {
  const { agent, model } = setUp([{ calls: [call('functions.final_answer:0', { city: 'Oslo' })] }])
  await expect(agent.generate('go')).resolves.toMatchObject({ output: { city: 'Oslo' } })
  expect(model.requests).toHaveLength(1)
})

test('instructions of prepareStep keep those of the output', async () => {
  const model = scriptedModel([{ text: '{"city":"Oslo"}' }])
  await new Agent({ model, output: city, outputMode: 'text', prepareStep: () => ({ instructions: 'Be short.' }) }).generate('go')
  expect(model.requests[0]?.instructions).toMatch(/^Be short\.\n\nAnswer with one JSON object/)
})

test('a choice of tools by prepareStep keeps the answer tool', async () => {
  const model = scriptedModel([{ calls: [call('final_answer', { city: 'Oslo' })] }])
  await new Agent({ model, output: city, tools: [testTool('look'), testTool('drop')], prepareStep: () => ({ activeTools: ['look'] }) }).generate('go')
  expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(['look', 'final_answer', 'read_result'])
})

test('the answer tool uses up no tool calls', async () => {
  const model = scriptedModel([{ calls: [call('look'), call('final_answer', { city: 'Oslo' })] }])
  const agent = new Agent({ model, output: city, tools: [testTool('look')], limits: { toolCalls: 1 } })
  await expect(agent.generate('go')).resolves.toMatchObject({ output: { city: 'Oslo' }, toolCalls: 1 })
})

test('a checked value that is not JSON is an answer that does not fit', async () => {
  const big: OutputSpec = { ...city, parse: async () => ({ ok: true, value: Number.NaN }) }
  const model = scriptedModel([{ text: '{}' }, { text: '{}' }, { text: '{}' }])
  const error = await failureOf(new Agent({ model, output: big, outputMode: 'text' }).generate('go'))

  expect(error).toMatchObject({ code: 'invalid-output', message: expect.stringContaining('not JSON') })
})

test('a check that throws is an answer that does not fit', async () => {
  const broken: OutputSpec = { ...city, parse: () => Promise.reject(new Error('boom')) }
  const model = scriptedModel([{ text: '{}' }, { text: '{}' }, { text: '{}' }])
  expect(await failureOf(new Agent({ model, output: broken, outputMode: 'text' }).generate('go'))).toMatchObject({ code: 'invalid-output' })
})

/** A run in mode `tool` that reaches its limit of one step and closes with this answer. */
async function close(closing: Answer) {
  const model = scriptedModel([{ calls: [call('look')] }, closing])
  return { model, result: await new Agent({ model, output: city, tools: [testTool('look')], limits: { steps: 1 } }).generate('go') }
}

test('a closing answer by the answer tool is the output', async () => {
  const { result } = await close({ calls: [call('final_answer', { city: 'Oslo' })] })
  expect(result).toMatchObject({ stopReason: 'max-steps', output: { city: 'Oslo' } })
})

test('a closing answer in text is the output', async () => {
  const { result } = await close({ text: '{"city":"Oslo"}' })
  expect(result.output).toEqual({ city: 'Oslo' })
})

test('if the closing reply does not fit, there is no output and no further request', async () => {
  const { result, model } = await close({ text: 'Oslo.' })
  expect([result.output, model.requests.length]).toEqual([undefined, 2])
})

test('a closing request asks for JSON as text, because no call would run', async () => {
  const { model } = await close({ text: '{}' })
  expect(model.requests[1]).not.toHaveProperty('toolChoice')
  expect(JSON.stringify(model.requests[1]?.messages.at(-1))).toContain('Give it as text: one JSON object')
})

test.each([
  ['a mode that the model does not have', { outputMode: 'native' as const }, 'invalid-options'],
  ['a tool of the same name', { tools: [testTool('final_answer')] }, 'invalid-tool'],
  [
    'a tool too many beside the one for the output',
    { catalogue: 'never' as const, tools: Array.from({ length: 128 }, (_, index) => testTool(`tool_${index}`)) },
    'invalid-tool',
  ],
])('%s is refused when the agent is made', (_, options, code) => {
  expect(() => new Agent({ model: scriptedModel([]), output: city, ...options })).toThrow(expect.objectContaining({ code }))
})

test('outputOrThrow throws if there is no output', async () => {
  const result = await new Agent({ model: scriptedModel([{ text: 'Hi' }]) }).generate('go')
  expect(() => result.outputOrThrow()).toThrow(expect.objectContaining({ code: 'unfinished' }))
})

test('JSON is found in a code fence, between words, or without either', () => {
  const wrap = fc.constantFrom(
    (json: string) => json,
    (json: string) => `Here it is:\n\`\`\`json\n${json}\n\`\`\`\nDone.`,
    (json: string) => `The answer is ${json}.`,
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 })), wrap, (value, surround) => {
      const json = JSON.stringify(value)
      fc.pre(!json.includes('`'))
      expect(readJsonText(surround(json), {})).toEqual({ value: JSON.parse(json) })
    }),
  )
})
