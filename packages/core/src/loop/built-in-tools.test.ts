import { expect, test } from 'vitest'
import { Agent } from '../agent/agent.ts'
import type { OutputSpec } from '../contract/output.ts'
import { type Answer, call, scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'

const done: Answer = { text: 'Done.' }
const readIt: Answer = { calls: [call('read_result', { id: 'r1.0' })] }
const output: OutputSpec = {
  schema: { type: 'object', properties: { city: { type: 'string' } } },
  parse: async (value) => ({ ok: true, value }),
}

async function offered(options: Partial<ConstructorParameters<typeof Agent>[0]>): Promise<readonly string[] | undefined> {
  const model = scriptedModel([{ text: '{"city":"Oslo"}' }, { text: '{"city":"Oslo"}' }, { text: '{"city":"Oslo"}' }])
  await new Agent({ model, ...options }).generate('go').catch(() => {})
  return model.requests[0]?.tools?.map(({ name }) => name)
}

test('read_result is the last tool, and only agents with tools have it', async () => {
  expect(await offered({})).toBeUndefined()
  expect(await offered({ tools: [] })).toBeUndefined()
  expect(await offered({ tools: [testTool('a'), testTool('b')] })).toEqual(['a', 'b', 'read_result'])
  expect(await offered({ tools: [testTool('a')], output })).toEqual(['a', 'final_answer', 'read_result'])
  expect(await offered({ output, outputMode: 'tool' })).toEqual(['final_answer'])
})

test('an agent whose list is full does without it', async () => {
  const tools = (count: number) => Array.from({ length: count }, (_, index) => testTool(`tool_${index}`))
  expect(await offered({ tools: tools(127), catalogue: 'never' })).toContain('read_result')
  const full = await offered({ tools: tools(128), catalogue: 'never' })
  expect(full).toHaveLength(128)
  expect(full).not.toContain('read_result')
  expect(await offered({ tools: tools(127), output, catalogue: 'never' })).not.toContain('read_result')
  expect(await offered({ tools: tools(126), output, catalogue: 'never' })).toContain('read_result')
  expect(() => new Agent({ model: scriptedModel([]), tools: tools(129), catalogue: 'never' })).toThrow('129 would be in each')
})

test('beside a search it is the last tool too, unless the list is full', async () => {
  const pinned = (count: number) => Array.from({ length: count }, (_, index) => testTool(`tool_${index}`, undefined, { pinned: true }))
  const some = await offered({ tools: [...pinned(3), testTool('other')], catalogue: 'always' })
  expect(some).toEqual(['tool_0', 'tool_1', 'tool_2', 'search_tools', 'call_tool', 'read_result'])
  expect((await offered({ tools: [...pinned(126), testTool('other')] }))?.slice(-2)).toEqual(['search_tools', 'call_tool'])
})

test('it does not change how the output is asked for', async () => {
  const model = scriptedModel([{ text: '{"city":"Oslo"}' }], { outputModes: ['native'] })
  expect(await new Agent({ model, output }).generate('go')).toMatchObject({ output: { city: 'Oslo' } })
  expect(model.requests[0]).toHaveProperty('responseFormat')
  expect(model.requests[0]).not.toHaveProperty('tools')
})

test('a text that was cut says how to read it only where read_result is offered', async () => {
  const tools = Array.from({ length: 128 }, (_, index) => testTool(`tool_${index}`, () => 'x'.repeat(60_000)))
  const result = await new Agent({ model: scriptedModel([{ calls: [call('tool_0')] }, done]), tools, catalogue: 'never' }).generate('go')
  expect(result.steps[0]?.toolResults[0]?.text).toContain('characters left out; kept as r1.0 …]')
})

test('its calls count towards no limit', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, readIt, { calls: [call('read_result', { id: 'r1.0', offset: 2 })] }, { calls: [call('look')] }, done])
  const result = await new Agent({ model, tools: [testTool('look')], limits: { toolCalls: 2 } }).generate('go')
  expect(result).toMatchObject({ stopReason: 'max-tool-calls', toolCalls: 2 })
  expect(result.steps.map(({ toolResults }) => toolResults[0]?.status)).toEqual(['ok', 'ok', 'ok', 'ok', undefined])
})

test('a required tool choice holds after a step that calls only read_result', async () => {
  const model = scriptedModel([readIt, { calls: [call('functions.read_result:0', { id: 'r1.0' })] }, { calls: [call('read_result', {}), call('look')] }, done])
  await new Agent({ model, tools: [testTool('look')], toolChoice: 'required' }).generate('go')
  expect(model.requests.map(({ toolChoice }) => toolChoice)).toEqual(['required', 'required', 'required', 'auto'])
})

test('read_result that is called again and again with the same input ends the run', async () => {
  const model = scriptedModel([{ calls: [call('look')] }, ...Array.from({ length: 5 }, () => readIt)])
  expect(await new Agent({ model, tools: [testTool('look')] }).generate('go')).toMatchObject({ stopReason: 'repeated-calls' })
})

test('an answer beside a call of read_result is taken when the call succeeds', async () => {
  const answer = call('final_answer', { city: 'Oslo' })
  const model = scriptedModel([
    { calls: [call('look')] },
    { calls: [call('read_result', { id: 'r7.0' }), answer] },
    { calls: [call('read_result', { id: 'r1.0' }), answer] },
  ])
  const result = await new Agent({ model, tools: [testTool('look')], output }).generate('go')
  expect(result).toMatchObject({ status: 'finished', output: { city: 'Oslo' } })
  expect(result.steps.map(({ toolResults }) => toolResults.at(-1)?.status)).toEqual(['ok', 'skipped', 'ok'])
})

test('a choice of tools by prepareStep keeps it beside them', async () => {
  const tools = [testTool('look'), testTool('drop')]
  expect(await offered({ tools, prepareStep: () => ({ activeTools: ['look'] }) })).toEqual(['look', 'read_result'])
  expect(await offered({ tools, prepareStep: () => ({ activeTools: ['read_result'] }) })).toEqual(['read_result'])
  expect(await offered({ tools, prepareStep: () => ({ activeTools: [] }) })).toBeUndefined()
})

test.each(['read_result', 'search_tools', 'call_tool', 'final_answer'])('%s is refused as the name of a tool of a caller', (name) => {
  expect(() => new Agent({ model: scriptedModel([]), tools: [testTool(name)] })).toThrow(
    `at /name, expected a name that is not reserved. Use, for example, "my_${name}"`,
  )
})

test('the store of a run must be a store', () => {
  const agent = new Agent({ model: scriptedModel([]) })
  expect(() => agent.stream('go', { artifacts: '/tmp' as never })).toThrow(
    '`artifacts` must be a store with put, get and delete, such as `journal.artifacts`, not a string.',
  )
})
