import { startSimulator } from '@capstan/simulator'
import { generateText, type ModelMessage } from 'ai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { describe, expect, test } from 'vitest'
import { aiProvider } from './support/ai-client.ts'
import { kimiModels, toolModels } from './support/clients.ts'
import { openaiClient } from './support/openai-client.ts'

const user: ChatCompletionMessageParam = { role: 'user', content: 'Hello.' }
const result = (id: string): ChatCompletionMessageParam => ({ role: 'tool', tool_call_id: id, content: '4' })
const assistant = (ids: readonly string[], more: object = { reasoning_content: 'Hm.' }): ChatCompletionMessageParam => ({
  role: 'assistant',
  content: 'I look.',
  ...(ids.length > 0 && { tool_calls: ids.map((id) => ({ id, type: 'function' as const, function: { name: 'get_weather', arguments: '{}' } })) }),
  ...more,
})

/** The message of a 400 as the client reports it; empty if the request was accepted. */
async function openaiSays(model: string, messages: ChatCompletionMessageParam[], more: object = {}): Promise<readonly string[]> {
  await using simulator = await startSimulator()
  const { completions } = openaiClient(simulator).chat
  const whole = completions.create({ model, messages, ...more })
  const streamed = completions.stream({ model, messages, ...more }).finalChatCompletion()
  const said = await Promise.all([whole, streamed].map((asked) => asked.then(() => '', String)))
  expect(simulator.requests.map(({ status }) => status)).toEqual(said.map((words) => (words === '' ? 200 : 400)))
  return said
}

const both = (words: string) => [expect.stringContaining(words), expect.stringContaining(words)]

describe.each(toolModels)('openai, %s', (model) => {
  const isKimi = model.startsWith('kimi')

  test('complete histories are accepted: several messages of the user, results in another order, a repeated id', async () => {
    expect(await openaiSays(model, [{ role: 'system', content: 'Be brief.' }, user, assistant([]), user])).toEqual(['', ''])
    expect(await openaiSays(model, [user, assistant(['a', 'b']), result('b'), result('a'), user])).toEqual(['', ''])
    expect(await openaiSays(model, [user, assistant(['a']), result('a'), assistant(['a']), result('a')])).toEqual(['', ''])
  })

  test('a result without a call', async () => {
    const words = isKimi ? 'tool_call_id  is not found' : "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'"
    expect(await openaiSays(model, [user, result('a')])).toEqual(both(words))
    expect(await openaiSays(model, [user, assistant(['a']), result('a'), result('a')])).toEqual(both(words))
  })

  test('a missing result, and one that is too late', async () => {
    const words = "must be followed by tool messages responding to each 'tool_call_id'"
    expect(await openaiSays(model, [user, assistant(['a', 'b']), result('a'), user])).toEqual(both(words))
    expect(await openaiSays(model, [user, assistant(['a']), user, result('a')])).toEqual(both(words))
    expect(await openaiSays(model, [user, assistant(['a'])])).toEqual(both(words))
  })

  test('no messages, and a role that is not on the page', async () => {
    expect(await openaiSays(model, [])).toEqual(both('messages must not be empty'))
    expect(await openaiSays(model, [{ role: 'developer', content: 'Be brief.' }])).toEqual(both('role must be one of system, user, assistant, tool'))
  })

  test('an empty assistant message', async () => {
    const words = isKimi ? "the message at position 1 with role 'assistant' must not be empty" : 'content or tool_calls must be set'
    expect(await openaiSays(model, [user, { role: 'assistant', content: null }])).toEqual(both(words))
    expect(await openaiSays(model, [user, { role: 'assistant', content: '' }])).toEqual(isKimi ? both(words) : ['', ''])
  })

  test('lost reasoning, if the model thinks', async () => {
    const messages = [user, assistant(['a'], {}), result('a')]
    if (isKimi) expect(await openaiSays(model, messages)).toEqual(both('reasoning_content is missing in assistant tool call message at index 1'))
    else expect(await openaiSays(model, messages)).toEqual(['', ''])
    const thinking = { thinking: { type: 'enabled' } }
    if (!isKimi) expect(await openaiSays(model, messages, thinking)).toEqual(both('Missing `reasoning_content` field in the assistant message'))
  })
})

test('reasoning sent to deepseek-reasoner is ignored, or a 400 with the strict option (openai)', async () => {
  const messages = [user, assistant([]), user]
  expect(await openaiSays('deepseek-reasoner', messages)).toEqual(['', ''])
  await using strict = await startSimulator({ strict: { rejectReasoning: true } })
  await expect(openaiClient(strict).chat.completions.create({ model: 'deepseek-reasoner', messages })).rejects.toThrow('reasoning_content')
})

test('a thinking deepseek-chat refuses the null with which its stream ended (openai, streamed)', async () => {
  await using simulator = await startSimulator({ script: [{ reasoning: 'Hm.', toolCalls: [{ name: 'get_weather', input: {} }] }] })
  const params = { model: 'deepseek-chat', messages: [user], thinking: { type: 'enabled' } }
  const message = await openaiClient(simulator).chat.completions.stream(params).finalMessage()
  expect(message).toHaveProperty('reasoning_content', null)
  const messages = [user, message, result(message.tool_calls?.[0]?.id ?? '')]
  await expect(openaiClient(simulator).chat.completions.create({ ...params, messages })).rejects.toThrow('Missing `reasoning_content`')
})

describe('ai', () => {
  const call = { type: 'tool-call' as const, toolCallId: 'a', toolName: 'get_weather', input: {} }
  const toolResult: ModelMessage = {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'get_weather', output: { type: 'text', value: '4' } }],
  }
  const hello: ModelMessage = { role: 'user', content: 'Hello.' }

  async function aiSays(model: string, messages: ModelMessage[]): Promise<{ readonly said: string; readonly requests: number }> {
    await using simulator = await startSimulator()
    const asked = generateText({ model: aiProvider(simulator)(model), messages, maxRetries: 0 })
    const said = await asked.then(() => '', String)
    return { said, requests: simulator.requests.length }
  }

  test.each(toolModels)('a complete history is accepted (%s)', async (model) => {
    const content = [{ type: 'reasoning' as const, text: 'Hm.' }, call]
    expect(await aiSays(model, [hello, { role: 'assistant', content }, toolResult, hello])).toEqual({ said: '', requests: 1 })
  })

  test.each(toolModels)('a missing result is refused by the library itself (%s)', async (model) => {
    const { said, requests } = await aiSays(model, [hello, { role: 'assistant', content: [call] }, hello])
    expect([said, requests]).toEqual([expect.stringContaining('Tool result is missing'), 0])
  })

  test.each(toolModels)('a result without a call is sent, and refused by the server (%s)', async (model) => {
    const { said, requests } = await aiSays(model, [hello, toolResult])
    expect([said, requests]).toEqual([expect.stringMatching(/tool_call_id|preceding message with 'tool_calls'/), 1])
  })

  test.each(kimiModels)('an empty assistant message is sent, and refused by the server (%s)', async (model) => {
    const { said } = await aiSays(model, [hello, { role: 'assistant', content: '' }, hello])
    expect(said).toContain("with role 'assistant' must not be empty")
  })

  test.each(kimiModels)('lost reasoning is sent, and refused by the server (%s)', async (model) => {
    const { said } = await aiSays(model, [hello, { role: 'assistant', content: [call] }, toolResult])
    expect(said).toContain('reasoning_content is missing')
  })

  test('no messages are refused by the library itself', async () => {
    expect(await aiSays('deepseek-chat', [])).toEqual({ said: expect.stringContaining('messages must not be empty'), requests: 0 })
  })

  test.skip('a role that is not on the page: it has no others', () => undefined)
})
