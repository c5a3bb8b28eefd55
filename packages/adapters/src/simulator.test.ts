import type { Message, ToolCallPart, ToolDefinition } from '@capstan/core'
import { startSimulator } from '@capstan/simulator'
import { expect, test } from 'vitest'
import { evolink } from './index.ts'
import { collect, errorOf, hello } from './testing/collect.ts'

const apiKey = 'simulated-key'
const tools: readonly ToolDefinition[] = [
  {
    name: 'get_weather',
    description: 'Current weather of a city.',
    inputSchema: { type: 'object', properties: { city: { type: 'string', description: 'A city.' } }, required: ['city'] },
  },
]

test.each([
  ['kimi-k2-thinking', true, {}],
  ['kimi-k2-thinking-turbo', false, {}],
  ['deepseek-chat', true, {}],
  ['deepseek-chat', false, { thinking: 'enabled' }],
] as const)('%s (stream: %s) calls tools in parallel and takes its own history back', async (id, stream, settings) => {
  await using simulator = await startSimulator({ apiKey })
  const model = evolink(id as string, { baseURL: simulator.baseURL, apiKey, stream, ...settings })
  const messages: Message[] = [{ role: 'user', content: 'What is the weather in Oslo and in Rome?' }]
  const first = await collect(model, { messages, tools })
  expect(first.reply).toMatchObject({ finishReason: 'tool-calls', usage: { inputTokens: expect.any(Number) } })
  const message = first.reply?.message
  const calls = message === undefined ? [] : (message.content as readonly ToolCallPart[]).filter((part) => part.type === 'tool-call')
  expect(calls.map(({ inputText }) => JSON.parse(inputText))).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])

  const results = calls.map(
    ({ toolCallId, toolName }): Message => ({
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId, toolName, status: 'ok', text: '4 degrees' }],
    }),
  )
  const second = await collect(model, { messages: [...messages, ...(message === undefined ? [] : [message]), ...results], tools })
  expect(second.error).toBeUndefined()
  expect(second.reply?.finishReason).toBe('stop')
})

test('the reasoner answers without tools', async () => {
  await using simulator = await startSimulator({ apiKey })
  expect((await collect(evolink('deepseek-reasoner', { baseURL: simulator.baseURL, apiKey }))).reply?.finishReason).toBe('stop')
})

test('a refused key names where it came from', async () => {
  await using simulator = await startSimulator({ apiKey })
  const error = await errorOf(evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey: 'another-key' }).complete(hello))
  expect(error).toMatchObject({ code: 'auth-failed', attempts: 1, message: expect.stringContaining('the setting `apiKey`') })
})

test('several candidates come back from complete()', async () => {
  await using simulator = await startSimulator({ apiKey })
  const { candidates } = await evolink('kimi-k2-thinking', { baseURL: simulator.baseURL, apiKey, n: 3 }).complete(hello)
  expect(candidates).toHaveLength(3)
})
