import { expect, test } from 'vitest'
import type { Tool } from '../contract/tool.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { testTool } from '../testing/test-tool.ts'
import { Agent } from './agent.ts'

const model = scriptedModel([])
const code = (value: string) => expect.objectContaining({ code: value })

const named = (count: number, options: Partial<Tool> = {}): Tool[] => Array.from({ length: count }, (_, index) => testTool(`tool_${index}`, undefined, options))

test('any number of tools is taken', () => {
  expect(() => new Agent({ model, tools: named(5_000) })).not.toThrow()
})

test.each([
  ['129 tools without a catalogue', { tools: named(129), catalogue: 'never' as const }, "leave out `catalogue: 'never'`"],
  ['129 pinned tools', { tools: named(129, { pinned: true }) }, 'pin fewer tools'],
  ['127 pinned tools beside a search', { tools: [...named(127, { pinned: 'definition' }), testTool('other')] }, 'pin fewer tools'],
])('%s are refused: a request takes 128', (_, options, message) => {
  expect(() => new Agent({ model, ...options })).toThrow(expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining(message) }))
})

test.each([
  ['catalogue', { catalogue: 'sometimes' }],
  ['rank', { rank: 'words' }],
])('another value of %s is refused', (name, options) => {
  expect(() => new Agent({ model, tools: named(1), ...(options as object) })).toThrow(
    expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(name) }),
  )
})

test('a tool that is found by a search may have a name that the endpoint does not take, a pinned one may not', () => {
  const strict = scriptedModel([], { toolNames: { pattern: '[a-z_]{3,64}', words: '3 to 64 small letters' } })
  const tools = [...named(100), testTool('search-it')]
  expect(() => new Agent({ model: strict, tools })).not.toThrow()
  expect(() => new Agent({ model: strict, tools: [...tools, testTool('x9', undefined, { pinned: true })] })).toThrow(code('invalid-tool'))
})

test.each([
  ['echo', 'echo'],
  ['Echo', 'echo'],
  ['get_time', 'get-time'],
])('the tools %s and %s are refused together', (first, second) => {
  expect(() => new Agent({ model, tools: [testTool(first), testTool(second)] })).toThrow(
    expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining(`Tool "${second}": at /name`) }),
  )
})

test.each([
  '',
  'math.sum',
  'get weather',
  '1st',
  'für',
  'x'.repeat(65),
  '__proto__',
  'constructor',
  'final_answer',
  'search_tools',
  'call_tool',
  'read_result',
])('the tool name %j is refused', (name) => {
  expect(() => new Agent({ model, tools: [testTool(name)] })).toThrow(
    expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining('/name') }),
  )
})

test.each(['a', '_', 'ls', 'get-time', 'x'.repeat(64)])('the tool name %j is taken', (name) => {
  expect(() => new Agent({ model, tools: [testTool(name)] })).not.toThrow()
})

test.each<[string, object, string]>([
  ['no description', { description: ' ' }, '/description'],
  ['a schema whose top is not an object', { inputSchema: { type: 'string' } }, '/inputSchema/type'],
  ['no schema', { inputSchema: undefined }, '/inputSchema/type'],
  ['no check', { check: undefined }, 'tools/0'],
])('a tool with %s is refused, whoever made it', (_, options, message) => {
  expect(() => new Agent({ model, tools: [testTool('echo', undefined, options)] })).toThrow(
    expect.objectContaining({ code: 'invalid-tool', message: expect.stringContaining(message) }),
  )
})

test('something that is not a tool is refused, and the message gives its position', () => {
  expect(() => new Agent({ model, tools: { weather: {} as never } })).toThrow(expect.objectContaining({ message: expect.stringContaining('tools/weather') }))
})

test('a record of tools is keyed by the names of its tools', () => {
  expect(() => new Agent({ model, tools: { weather: testTool('get_time') } })).toThrow(code('invalid-tool'))
  expect(() => new Agent({ model, tools: { get_time: testTool('get_time') } })).not.toThrow()
})

test.each([[undefined], ['Once'], ['write']])('a tool with the effect %s is refused: whether it may be repeated must be known', (effect) => {
  expect(() => new Agent({ model, tools: [{ ...testTool('pay'), effect: effect as never }] })).toThrow(code('invalid-tool'))
})

test.each([
  ['input', { input: 0.5 }],
  ['output', { output: -1 }],
  ['cachedInput', { cachedInput: Number.NaN }],
  ['cacheWrite', { cacheWrite: 0.5 }],
])('a price of %s that is no count of micro-units is refused', (_, price) => {
  const prices = { currency: 'USD', input: 1, output: 1, ...price }
  expect(() => new Agent({ model: scriptedModel([], { prices }) })).toThrow(code('invalid-options'))
})

test.each([
  ['an unknown limit', { limits: { stepz: 1 } as never }],
  ['a limit of 0', { limits: { steps: 0 } }],
  ['a fractional limit', { limits: { toolCalls: 1.5 } }],
  ['a money limit without prices', { limits: { cost: 5 } }],
  ['a concurrency of 0', { toolCallConcurrency: 0 }],
  ['a required tool choice without tools', { toolChoice: 'required' as const }],
])('%s is refused', (_, options) => {
  expect(() => new Agent({ model, ...options })).toThrow(code('invalid-options'))
})

test('tools for a model that refuses them are refused, and so are several candidates', () => {
  expect(() => new Agent({ model: scriptedModel([], { tools: false }), tools: [testTool('echo')] })).toThrow(code('invalid-options'))
  expect(() => new Agent({ model: scriptedModel([], { candidates: 2 }) })).toThrow(code('invalid-options'))
})

test('a tool name that one model of the chain does not accept is refused when the agent is made, and the message gives the rule', () => {
  const strict = scriptedModel([], { toolNames: { pattern: '[a-z]{3,9}', words: '3 to 9 letters' } })
  expect(() => new Agent({ model: [model, strict], tools: [testTool('ls')] })).toThrow(
    expect.objectContaining({ code: 'invalid-tool', message: expect.stringMatching(/tool "ls": at \/name, .* takes 3 to 9 letters\. Rename the tool\./) }),
  )
  expect(() => new Agent({ model: [model, strict], tools: [testTool('list')] })).not.toThrow()
  expect(() => new Agent({ model, tools: [testTool('ls')] })).not.toThrow()
})

test('input that cannot be sent is refused before anything starts', async () => {
  await expect(new Agent({ model }).generate([])).rejects.toMatchObject({ code: 'invalid-messages' })
})
