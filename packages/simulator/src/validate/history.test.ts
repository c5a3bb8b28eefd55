import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import type { Simulator } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { errorMessage, postJson, stringTool } from '../testing/client.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

const user: JsonObject = { role: 'user', content: 'Weather?' }
const call = (id: string): JsonObject => ({ id, type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } })
const assistant = (ids: readonly string[], more: JsonObject = {}): JsonObject => ({
  role: 'assistant',
  content: '',
  reasoning_content: 'I ask.',
  tool_calls: ids.map(call),
  ...more,
})
const result = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: '18' })

async function refusal(model: string, messages: readonly JsonObject[], more: JsonObject = {}): Promise<string | undefined> {
  const { status, body } = await postJson(simulator.baseURL, { model, messages, ...more })
  return status === 200 ? undefined : `${status} ${errorMessage(body)}`
}

describe('calls and results', () => {
  test.each(['kimi-k2-thinking', 'deepseek-chat'])('a complete history is accepted (%s)', async (model) => {
    expect(await refusal(model, [user, assistant(['a', 'b']), result('b'), result('a'), user])).toBeUndefined()
  })

  test("a result without a call is refused with DeepSeek's message", async () => {
    expect(await refusal('deepseek-chat', [user, result('a')])).toBe(
      "400 Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
    )
  })

  test("a result without a call is refused with Moonshot's message", async () => {
    expect(await refusal('kimi-k2-thinking', [user, result('a')])).toBe('400 Invalid request: tool_call_id  is not found')
  })

  test.each(['kimi-k2-thinking', 'deepseek-chat'])('a missing result is refused (%s)', async (model) => {
    const messages = [user, assistant(['a', 'b']), result('a'), user]
    expect(await refusal(model, messages)).toContain("must be followed by tool messages responding to each 'tool_call_id'")
  })

  test('a user message between call and result is refused', async () => {
    expect(await refusal('deepseek-chat', [user, assistant(['a']), user, result('a')])).toContain('insufficient tool messages')
  })

  test('a second result for one call is refused', async () => {
    expect(await refusal('deepseek-chat', [user, assistant(['a']), result('a'), result('a')])).toContain('must be a response')
  })

  test('two calls with one id need two results', async () => {
    expect(await refusal('deepseek-chat', [user, assistant(['a', 'a']), result('a')])).toContain('insufficient tool messages')
    expect(await refusal('deepseek-chat', [user, assistant(['a', 'a']), result('a'), result('a')])).toBeUndefined()
  })

  test('an id may be used again in a later message', async () => {
    expect(await refusal('deepseek-chat', [user, assistant(['a']), result('a'), assistant(['a']), result('a')])).toBeUndefined()
  })

  test('arguments that are not a string are refused', async () => {
    const broken = { id: 'a', type: 'function', function: { name: 'get_weather', arguments: {} } }
    expect(await refusal('deepseek-chat', [user, assistant([], { tool_calls: [broken] }), result('a')])).toContain('function.arguments must be a string')
  })
})

describe('reasoning', () => {
  const lost = [user, assistant(['a'], { reasoning_content: undefined }), result('a')]

  test("lost reasoning of a call is refused with Moonshot's message", async () => {
    expect(await refusal('kimi-k2-thinking', lost)).toBe('400 thinking is enabled but reasoning_content is missing in assistant tool call message at index 1')
  })

  test("lost reasoning of a call is refused with DeepSeek's message when thinking is on", async () => {
    expect(await refusal('deepseek-chat', lost, { thinking: { type: 'enabled' } })).toContain(
      'Missing `reasoning_content` field in the assistant message at message index 1.',
    )
  })

  test('without thinking, missing reasoning is accepted', async () => {
    expect(await refusal('deepseek-chat', lost)).toBeUndefined()
  })

  test('empty reasoning is accepted', async () => {
    expect(await refusal('kimi-k2-thinking', [user, assistant(['a'], { reasoning_content: '' }), result('a')])).toBeUndefined()
  })
})

describe('messages', () => {
  test('no messages are refused', async () => {
    expect(await refusal('deepseek-chat', [])).toContain('messages must not be empty')
  })

  test('another role is refused', async () => {
    expect(await refusal('kimi-k2-thinking', [{ role: 'developer', content: 'x' }])).toContain('role must be one of system, user, assistant, tool')
  })

  test("an empty assistant message is refused with Moonshot's message", async () => {
    expect(await refusal('kimi-k2-thinking', [user, { role: 'assistant', content: '' }])).toBe(
      "400 Invalid request: the message at position 1 with role 'assistant' must not be empty",
    )
  })

  test("an assistant message of null is refused with DeepSeek's message, an empty string is not", async () => {
    expect(await refusal('deepseek-chat', [user, { role: 'assistant', content: null }])).toBe(
      '400 Invalid assistant message: content or tool_calls must be set',
    )
    expect(await refusal('deepseek-chat', [user, { role: 'assistant', content: '' }])).toBeUndefined()
  })

  test('text parts are accepted, an empty one is not (Kimi)', async () => {
    expect(await refusal('kimi-k2-thinking', [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }])).toBeUndefined()
    expect(await refusal('kimi-k2-thinking', [{ role: 'user', content: [{ type: 'text', text: '' }] }])).toContain('text content is empty')
  })

  test('image parts are accepted by Kimi and refused by DeepSeek', async () => {
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] }]
    expect(await refusal('kimi-k2-thinking', messages)).toBeUndefined()
    expect(await refusal('deepseek-chat', messages)).toMatch(/messages\[0\]: unknown variant `image_url`, expected `text` at line 1 column \d+$/)
  })

  test('a tool message with content parts is refused by DeepSeek', async () => {
    const parts = { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: '18' }] }
    expect(await refusal('deepseek-chat', [user, assistant(['a']), parts])).toContain('content must be a string')
  })

  test('partial mode is accepted for a last assistant message of Kimi only', async () => {
    const partial = { role: 'assistant', content: '{', partial: true }
    expect(await refusal('kimi-k2-thinking', [user, partial])).toBeUndefined()
    expect(await refusal('kimi-k2-thinking', [user, partial, user])).toContain('only allowed on a last message')
    expect(await refusal('deepseek-chat', [user, partial])).toContain('does not support partial mode')
  })

  test('partial mode together with JSON mode is refused', async () => {
    const messages = [
      { role: 'user', content: 'JSON, please.' },
      { role: 'assistant', content: '{', partial: true },
    ]
    expect(await refusal('kimi-k2-thinking', messages, { response_format: { type: 'json_object' } })).toContain('partial mode')
  })

  test('a prompt larger than the context window is refused with both numbers', async () => {
    const messages = [{ role: 'user', content: 'a '.repeat(270_000) }]
    expect(await refusal('kimi-k2-thinking', messages)).toMatch(/exceeded model token limit: 262144 \(requested: \d+\)/)
  })

  test('max_tokens counts against the context window of DeepSeek', async () => {
    expect(await refusal('deepseek-chat', [user], { max_tokens: 1_048_576 })).toContain("This model's maximum context length is 1048576 tokens.")
  })
})

describe('tools', () => {
  const tool = stringTool('get_weather', 'city')
  const changed = (change: JsonObject): JsonObject => ({ type: 'function', function: { ...(tool['function'] as JsonObject), ...change } })

  test.each(['kimi-k2-thinking', 'deepseek-chat'])('two tools with one name are refused (%s)', async (model) => {
    expect(await refusal(model, [user], { tools: [tool, tool] })).toBe('400 Invalid request: function name get_weather is duplicated')
  })

  test.each(['kimi-k2-thinking', 'deepseek-chat'])('128 tools are accepted, 129 are not (%s)', async (model) => {
    const tools = Array.from({ length: 129 }, (_, index) => stringTool(`tool_${index}`, 'city'))
    expect(await refusal(model, [user], { tools: tools.slice(0, 128) })).toBeUndefined()
    expect(await refusal(model, [user], { tools })).toContain('at most 128 tools')
  })

  test.each([
    ['a name with a dot', { name: 'get.weather' }, 'function.name is invalid'],
    ['no description', { description: undefined }, 'function.description is missing'],
    ['no parameters', { parameters: undefined }, 'parameters must be a JSON Schema of type object'],
    ['parameters that are no object', { parameters: { type: 'string' } }, 'parameters must be a JSON Schema of type object'],
  ])('%s is refused', async (_, change, message) => {
    expect(await refusal('deepseek-chat', [user], { tools: [changed(change)] })).toContain(message)
  })

  test('a tool name of two letters is refused by Kimi K2 only', async () => {
    expect(await refusal('kimi-k2-thinking', [user], { tools: [changed({ name: 'ab' })] })).toContain('function.name is invalid')
    expect(await refusal('deepseek-chat', [user], { tools: [changed({ name: 'ab' })] })).toBeUndefined()
    expect(await refusal('kimi-k3', [user], { tools: [changed({ name: 'a' })] })).toBeUndefined()
  })

  test('a tool name of 129 characters is refused by kimi-k3, one of 128 is not', async () => {
    expect(await refusal('kimi-k3', [user], { tools: [changed({ name: 'a'.repeat(129) })] })).toContain('function.name is invalid')
    expect(await refusal('kimi-k3', [user], { tools: [changed({ name: 'a'.repeat(128) })] })).toBeUndefined()
  })
})
