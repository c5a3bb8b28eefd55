import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import type { Simulator, StrictOptions } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { errorMessage, postJson, stringTool, userMessages } from '../testing/client.ts'

const KIMI = ['kimi-k2-thinking', 'kimi-k2-thinking-turbo']
const CHAT = ['deepseek-chat']
const REASONER = ['deepseek-reasoner']
const ALL = [...KIMI, ...CHAT, ...REASONER]
const jsonMessages = [{ role: 'user', content: 'Answer in JSON.' }]
const tools = [stringTool('get_weather', 'city')]

/** Models, body, and the parameter that the message must name; `undefined`: accepted. */
type Row = readonly [models: readonly string[], body: JsonObject, refused: string | undefined]

const rows: readonly Row[] = [
  [[...KIMI, ...CHAT], { temperature: 0 }, undefined],
  [[...KIMI, ...CHAT], { temperature: 2 }, undefined],
  [[...KIMI, ...CHAT], { temperature: 2.01 }, 'temperature'],
  [[...KIMI, ...CHAT], { temperature: -0.1 }, 'temperature'],
  [[...KIMI, ...CHAT], { temperature: '1' }, 'temperature'],
  [REASONER, { temperature: 1 }, 'temperature'],
  [[...KIMI, ...CHAT], { top_p: 1 }, undefined],
  [[...KIMI, ...CHAT], { top_p: 1.1 }, 'top_p'],
  [REASONER, { top_p: 1 }, 'top_p'],
  [KIMI, { top_k: 1 }, undefined],
  [KIMI, { top_k: 0 }, 'top_k'],
  [KIMI, { top_k: 1.5 }, 'top_k'],
  [[...CHAT, ...REASONER], { top_k: 1 }, 'top_k'],
  [KIMI, { n: 5 }, undefined],
  [KIMI, { n: 6 }, 'n'],
  [KIMI, { n: 2, temperature: 0 }, 'n'],
  [KIMI, { n: 1, temperature: 0 }, undefined],
  [[...CHAT, ...REASONER], { n: 1 }, 'n'],
  [ALL, { max_tokens: 1 }, undefined],
  [ALL, { max_tokens: 0 }, 'max_tokens'],
  [ALL, { max_tokens: 1.5 }, 'max_tokens'],
  [ALL, { presence_penalty: -2, frequency_penalty: 2 }, undefined],
  [ALL, { presence_penalty: 2.1 }, 'presence_penalty'],
  [ALL, { frequency_penalty: -2.1 }, 'frequency_penalty'],
  [ALL, { stop: 'END' }, undefined],
  [KIMI, { stop: ['a', 'b', 'c', 'd', 'e'] }, undefined],
  [KIMI, { stop: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'stop'],
  [KIMI, { stop: 'é'.repeat(16) }, undefined],
  [KIMI, { stop: 'é'.repeat(17) }, 'stop'],
  [[...CHAT, ...REASONER], { stop: Array.from({ length: 16 }, () => 'x'.repeat(40)) }, undefined],
  [[...CHAT, ...REASONER], { stop: Array.from({ length: 17 }, () => 'x') }, 'stop'],
  [ALL, { stop: [1] }, 'stop'],
  [[...KIMI, ...CHAT], { response_format: { type: 'text' } }, undefined],
  [[...KIMI, ...CHAT], { response_format: { type: 'json_object' }, messages: jsonMessages }, undefined],
  [[...KIMI, ...CHAT], { response_format: { type: 'json_object' } }, 'json'],
  [[...KIMI, ...CHAT], { response_format: { type: 'json_schema' } }, 'response_format'],
  [REASONER, { response_format: { type: 'text' } }, 'response_format'],
  [[...KIMI, ...CHAT], { tools }, undefined],
  [REASONER, { tools }, 'tools'],
  [[...KIMI, ...CHAT], { tools, tool_choice: 'auto' }, undefined],
  [[...KIMI, ...CHAT], { tools, tool_choice: 'none' }, undefined],
  [[...KIMI, ...CHAT], { tools, tool_choice: 'sometimes' }, 'tool_choice'],
  [CHAT, { tools, tool_choice: 'required' }, undefined],
  [CHAT, { tool_choice: 'required' }, 'tool_choice'],
  [CHAT, { tools, tool_choice: 'required', thinking: { type: 'enabled' } }, 'tool_choice'],
  [KIMI, { tools, tool_choice: 'required' }, 'tool_choice'],
  [REASONER, { tool_choice: 'auto' }, 'tool_choice'],
  [ALL, { stream: false }, undefined],
  [ALL, { stream: 'yes' }, 'stream'],
  [ALL, { stream: true, stream_options: { include_usage: true } }, undefined],
  [ALL, { stream_options: { include_usage: true } }, 'stream_options'],
  [[...CHAT, ...REASONER], { logprobs: true, top_logprobs: 20 }, undefined],
  [[...CHAT, ...REASONER], { logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
  [[...CHAT, ...REASONER], { top_logprobs: 2 }, 'top_logprobs'],
  [KIMI, { logprobs: true }, 'logprobs'],
  [[...CHAT, ...REASONER], { thinking: { type: 'enabled' } }, undefined],
  [[...CHAT, ...REASONER], { thinking: { type: 'disabled' } }, undefined],
  [[...CHAT, ...REASONER], { thinking: { type: 'maybe' } }, 'thinking'],
  [KIMI, { thinking: { type: 'enabled' } }, 'thinking'],
  [ALL, { temperature: null }, undefined],
  [ALL, { user: 'somebody', seed: 7 }, undefined],
  [['kimi-k3'], { max_completion_tokens: 1_048_576, reasoning_effort: 'max' }, undefined],
  [['kimi-k3'], { max_completion_tokens: 1_048_577 }, 'max_completion_tokens'],
  [['kimi-k3'], { reasoning_effort: 'low' }, 'reasoning_effort'],
  [['kimi-k3'], { tools, tool_choice: 'required' }, undefined],
]

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

describe.each(rows)('%j with %j', (models, body, refused) => {
  test.each(models)(`${refused === undefined ? 'is accepted' : `is a 400 that names ${refused}`} (%s)`, async (model) => {
    const answer = await postJson(simulator.baseURL, { model, ...body })
    if (refused === undefined) expect(answer).toMatchObject({ status: 200 })
    else expect([answer.status, errorMessage(answer.body)]).toEqual([400, expect.stringContaining(refused)])
  })
})

const pattern: JsonObject = { type: 'string', pattern: '^[A-Z]' }

describe('strict variants', () => {
  const cases: readonly (readonly [keyof StrictOptions, JsonObject, string])[] = [
    ['unlistedParameters', { user: 'somebody' }, 'user'],
    ['streamOptions', { model: 'kimi-k2-thinking', stream: true, stream_options: {} }, 'stream_options'],
    ['toolChoice', { model: 'kimi-k2-thinking', tools, tool_choice: 'auto' }, 'tool_choice'],
    ['rejectReasoning', { model: 'deepseek-reasoner', messages: withReasoning('r') }, 'reasoning_content'],
    ['requireReasoning', { model: 'deepseek-reasoner', messages: withReasoning(undefined) }, 'reasoning_content'],
    ['streamOptions', { stream: true, stream_options: {} }, 'stream_options'],
    ['tokenLimitName', { model: 'kimi-k3', max_tokens: 5 }, "Use 'max_completion_tokens' instead."],
    ['callIds', { messages: withCall('functions.get_weather:0') }, "does not match the pattern '^[a-zA-Z0-9_-]+$'"],
    ['alternatingRoles', { messages: [...userMessages, ...userMessages] }, 'successive user or assistant messages (messages[0] and messages[1]'],
    ['noTools', { tools }, 'does not support Function Calling'],
    [
      'toolSchemas',
      { model: 'kimi-k2-thinking', tools: [patternTool({ properties: { city: pattern } })] },
      "'root.properties.city': unsupported keywords: pattern",
    ],
    [
      'toolSchemas',
      { model: 'kimi-k2-thinking', tools: [patternTool({ additionalProperties: pattern })] },
      "'root.additionalProperties': unsupported keywords: pattern",
    ],
  ]

  test.each(cases)('%s', async (option, body, named) => {
    await using strict = await startSimulator({ strict: { [option]: true } })
    await using plain = await startSimulator()
    const refused = await postJson(strict.baseURL, body)
    expect([refused.status, errorMessage(refused.body)]).toEqual([400, expect.stringContaining(named)])
    expect((await postJson(plain.baseURL, body)).status).toBe(200)
  })
})

function withReasoning(reasoning: string | undefined): readonly JsonObject[] {
  const assistant = { role: 'assistant', content: 'Yes.', reasoning_content: reasoning }
  return [{ role: 'user', content: 'Hello.' }, assistant, { role: 'user', content: 'And now?' }]
}

function withCall(id: string): readonly JsonObject[] {
  const call = { id, type: 'function', function: { name: 'get_weather', arguments: '{}' } }
  return [...userMessages, { role: 'assistant', content: '', tool_calls: [call] }, { role: 'tool', tool_call_id: id, content: '18' }]
}

function patternTool(schema: JsonObject): JsonObject {
  return { type: 'function', function: { name: 'get_weather', description: 'Weather.', parameters: { type: 'object', ...schema } } }
}
