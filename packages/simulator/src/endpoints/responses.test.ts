import { describe, expect, test } from 'vitest'
import { asArray, asObject, type JsonObject } from '../json.ts'
import type { ScriptedReply } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { firstChoice, firstMessage, payloads, post, postJson, postStream, stringTool } from '../testing/client.ts'
import { simulatedEndpoints } from './endpoints.ts'
import type { EndpointName } from './simulated-endpoint.ts'

// How each endpoint writes one and the same answer.

interface Form {
  readonly endpoint: EndpointName
  readonly model: string
  readonly path: string
  /** Fields of a delta that name reasoning. */
  readonly reasoning: readonly string[]
  /** Where a stream reports usage if the request asked for it. */
  readonly usage: 'finish-chunk' | 'own-chunk' | 'both'
  /** Where it reports usage if the request did not ask for it. */
  readonly usageUnasked: boolean
  readonly callId: RegExp
  /** The content of a complete message that only calls tools. */
  readonly content: '' | null
  /** The finish reason of streamed calls. */
  readonly finish: string
  /** Fields of the complete body. */
  readonly body?: JsonObject
}

const kimiId = /^functions\.get_weather:0$/
const forms: readonly Form[] = [
  {
    endpoint: 'deepseek',
    model: 'deepseek-flash',
    path: '',
    reasoning: ['reasoning_content'],
    usage: 'finish-chunk',
    usageUnasked: true,
    callId: /^call_00_[0-9A-Za-z]{24}$/,
    content: '',
    finish: 'tool_calls',
    body: { usage: { prompt_cache_hit_tokens: 0 } },
  },
  {
    endpoint: 'moonshot',
    model: 'kimi-k2.6',
    path: '/v1',
    reasoning: ['reasoning_content'],
    usage: 'both',
    usageUnasked: true,
    callId: kimiId,
    content: '',
    finish: 'tool_calls',
    body: { usage: { cached_tokens: 0 } },
  },
  {
    endpoint: 'openrouter',
    model: 'moonshotai/kimi-k2-thinking',
    path: '/api/v1',
    reasoning: ['reasoning', 'reasoning_details'],
    usage: 'own-chunk',
    usageUnasked: true,
    callId: kimiId,
    content: '',
    finish: 'tool_calls',
    body: { provider: 'Simulated', choices: [{ native_finish_reason: 'tool_calls' }] },
  },
  {
    endpoint: 'vllm',
    model: 'moonshotai/Kimi-K2-Thinking',
    path: '/v1',
    reasoning: ['reasoning'],
    usage: 'own-chunk',
    usageUnasked: false,
    callId: kimiId,
    content: null,
    finish: 'tool_calls',
  },
  {
    endpoint: 'vllm',
    model: 'deepseek-ai/DeepSeek-V3.2',
    path: '/v1',
    reasoning: ['reasoning'],
    usage: 'own-chunk',
    usageUnasked: false,
    callId: /^chatcmpl-tool-[0-9a-f]{32}$/,
    content: null,
    finish: 'tool_calls',
  },
  {
    endpoint: 'sglang',
    model: 'moonshotai/Kimi-K2-Thinking',
    path: '/v1',
    reasoning: ['reasoning_content'],
    usage: 'own-chunk',
    usageUnasked: false,
    callId: kimiId,
    content: null,
    finish: 'stop',
    body: { choices: [{ matched_stop: null }] },
  },
  {
    endpoint: 'llama.cpp',
    model: 'whatever.gguf',
    path: '/v1',
    reasoning: ['reasoning_content'],
    usage: 'own-chunk',
    usageUnasked: false,
    callId: /^[0-9A-Za-z]{32}$/,
    content: null,
    finish: 'tool_calls',
  },
  {
    endpoint: 'ollama',
    model: 'kimi-k2-thinking',
    path: '/v1',
    reasoning: ['reasoning'],
    usage: 'own-chunk',
    usageUnasked: false,
    callId: /^call_[0-9a-z]{8}$/,
    content: '',
    finish: 'tool_calls',
    body: { system_fingerprint: 'fp_ollama' },
  },
]

const reply: ScriptedReply = { reasoning: 'I look.', toolCalls: [{ name: 'get_weather', input: { city: 'Oslo' } }] }
const tools = [stringTool('get_weather', 'city')]

describe.each(forms)('$endpoint with $model', (form) => {
  const start = () => startSimulator({ endpoint: form.endpoint, script: [reply, reply] })

  test('a stream', async () => {
    await using simulator = await start()
    expect(new URL(simulator.baseURL).pathname).toBe(form.path === '' ? '/' : form.path)
    const chunks = await postStream(simulator.baseURL, { model: form.model, tools, stream_options: { include_usage: true } })
    const deltas = chunks.map((chunk) => asObject(firstChoice(chunk)['delta']))
    const named = new Set(deltas.flatMap((delta) => Object.keys(delta).filter((key) => key.startsWith('reasoning') && delta[key] !== null)))
    expect([...named]).toEqual(form.reasoning)
    const calls = deltas.flatMap((delta) => asArray(delta['tool_calls'] ?? null)).map(asObject)
    expect(calls[0]?.['id']).toMatch(form.callId)
    expect(calls.map((call) => asObject(call['function'])['arguments']).join('')).toBe('{"city":"Oslo"}')
    const finishing = chunks.find((chunk) => firstChoice(chunk)['finish_reason'] !== null && asArray(chunk['choices']).length > 0)
    expect(firstChoice(finishing)['finish_reason']).toBe(form.finish)
    const own = chunks.at(-1)
    const hasOwn = own !== undefined && asArray(own['choices']).length === 0
    const isAtFinish = (finishing?.['usage'] ?? firstChoice(finishing)['usage'] ?? null) !== null
    expect([isAtFinish, hasOwn]).toEqual([form.usage !== 'own-chunk', form.usage !== 'finish-chunk'])
    const unasked = await postStream(simulator.baseURL, { model: form.model, tools })
    expect(JSON.stringify(unasked).includes('"prompt_tokens"')).toBe(form.usageUnasked)
  })

  test('a body that is not streamed', async () => {
    await using simulator = await start()
    const { status, body } = await postJson(simulator.baseURL, { model: form.model, tools })
    expect(status).toBe(200)
    const message = firstMessage(body)
    expect([message['content'], Object.keys(message).filter((key) => key.startsWith('reasoning'))]).toEqual([form.content, form.reasoning])
    expect(firstChoice(body)['finish_reason']).toBe('tool_calls')
    expect(body).toMatchObject(form.body ?? {})
  })
})

test('the endpoints have their own names as data, and no two models of one endpoint have the same id', () => {
  for (const [name, endpoint] of Object.entries(simulatedEndpoints)) {
    expect(endpoint.name).toBe(name)
    const ids = endpoint.models.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { source } of endpoint.models) expect(source).toMatch(/^https:/)
  }
})

test('a stream of OpenRouter begins with a comment', async () => {
  await using simulator = await startSimulator({ endpoint: 'openrouter' })
  const text = await (await post(simulator.baseURL, { model: 'deepseek/deepseek-v3.2', stream: true })).text()
  expect(text.startsWith(': OPENROUTER PROCESSING\n\n')).toBe(true)
  expect(payloads(text).length).toBeGreaterThan(2)
})

test('deltas of SGLang have null in every field that they do not use', async () => {
  await using simulator = await startSimulator({ endpoint: 'sglang' })
  const chunks = await postStream(simulator.baseURL, { model: 'deepseek-ai/DeepSeek-V3.2' })
  expect(firstChoice(chunks[1])['delta']).toEqual({ role: null, content: expect.any(String), reasoning_content: null, tool_calls: null })
})

test.each(['vllm', 'sglang', 'llama.cpp', 'ollama'] as const)('%s requires no key, unless it was started with one', async (endpoint) => {
  const ask = async (baseURL: string) => (await post(baseURL, { model: simulatedEndpoints[endpoint].models[0]?.id }, { headers: {} })).status
  await using open = await startSimulator({ endpoint })
  await using closed = await startSimulator({ endpoint, apiKey: 'key' })
  expect([await ask(open.baseURL), await ask(closed.baseURL)]).toEqual([200, 401])
})

test('DeepSeek serves its base URL, /v1 and /beta, and no other path', async () => {
  await using simulator = await startSimulator({ endpoint: 'deepseek' })
  const statuses = await Promise.all(
    ['', '/v1', '/beta', '/v2'].map(async (path) => (await postJson(`${simulator.baseURL}${path}`, { model: 'deepseek-flash' })).status),
  )
  expect(statuses).toEqual([200, 200, 200, 404])
})

test('at /beta DeepSeek accepts strict tools and a prefix', async () => {
  await using simulator = await startSimulator({ endpoint: 'deepseek' })
  const parameters = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false }
  const strict = { type: 'function', function: { name: 'add', description: 'Adds.', parameters, strict: true } }
  const messages = [
    { role: 'user', content: 'Hello.' },
    { role: 'assistant', content: 'The', prefix: true },
  ]
  for (const body of [{ tools: [strict] }, { messages }]) {
    expect(await postJson(`${simulator.baseURL}/beta`, { model: 'deepseek-flash', ...body })).toMatchObject({ status: 200 })
  }
})

test('without thinking DeepSeek accepts a named tool, which is then called', async () => {
  await using simulator = await startSimulator({ endpoint: 'deepseek' })
  const choice = { type: 'function', function: { name: 'second_tool' } }
  const body = { model: 'deepseek-flash', tools: [...tools, stringTool('second_tool', 'text')], tool_choice: choice, thinking: { type: 'disabled' } }
  expect(firstMessage((await postJson(simulator.baseURL, body)).body)['tool_calls']).toMatchObject([{ function: { name: 'second_tool' } }])
})

test.each([
  ['the vendors’ switch', 'deepseek', 'deepseek-flash', { thinking: { type: 'disabled' } }, { thinking: { type: 'enabled' } }],
  ['the chat template', 'vllm', 'deepseek-ai/DeepSeek-V3.2', {}, { chat_template_kwargs: { thinking: true } }],
  ['the chat template of other models', 'sglang', 'deepseek-ai/DeepSeek-V3.2', {}, { chat_template_kwargs: { enable_thinking: true } }],
  ['the reasoning object', 'openrouter', 'deepseek/deepseek-v3.2', {}, { reasoning: { enabled: true } }],
  ['the effort', 'ollama', 'deepseek-v3.2', { reasoning_effort: 'none' }, { reasoning_effort: 'low' }],
] as const)('%s turns thinking off and on (%s)', async (_switch, endpoint, model, off, on) => {
  await using simulator = await startSimulator({ endpoint })
  const thinks = async (more: JsonObject) =>
    Object.keys(firstMessage((await postJson(simulator.baseURL, { model, ...more })).body)).some((key) => /^reasoning/.test(key))
  expect([await thinks(off), await thinks(on)]).toEqual([false, true])
})

test('kimi-k3 accepts a forced tool choice while it thinks', async () => {
  await using simulator = await startSimulator({ endpoint: 'moonshot' })
  const { body } = await postJson(simulator.baseURL, { model: 'kimi-k3', tools, tool_choice: 'required' })
  expect(firstChoice(body)).toMatchObject({ finish_reason: 'tool_calls', message: { reasoning_content: expect.any(String) } })
})

test('a JSON Schema as format is filled', async () => {
  await using simulator = await startSimulator({ endpoint: 'moonshot' })
  const schema = { type: 'object', properties: { city: { type: 'string' }, count: { type: 'integer' } }, required: ['city', 'count'] }
  const format = { type: 'json_schema', json_schema: { name: 'answer', schema } }
  const { body } = await postJson(simulator.baseURL, { model: 'kimi-k3', messages: [{ role: 'user', content: 'Oslo, 7.' }], response_format: format })
  expect(JSON.parse(String(firstMessage(body)['content']))).toEqual({ city: expect.any(String), count: expect.any(Number) })
})

test('max_completion_tokens cuts as max_tokens does', async () => {
  await using simulator = await startSimulator({ endpoint: 'moonshot', script: [{ text: 'one two three four' }] })
  const { body } = await postJson(simulator.baseURL, { model: 'kimi-k3', max_completion_tokens: 2 })
  expect(firstChoice(body)).toMatchObject({ finish_reason: 'length', message: { content: 'one two' } })
})

test('an output limit under an unknown name is ignored', async () => {
  await using simulator = await startSimulator({ endpoint: 'deepseek', script: [{ text: 'one two three four' }] })
  const { body } = await postJson(simulator.baseURL, { model: 'deepseek-flash', max_completion_tokens: 2 })
  expect(firstChoice(body)).toMatchObject({ finish_reason: 'stop', message: { content: 'one two three four' } })
})

test.each(['vllm', 'sglang'] as const)('Kimi weights on %s generate an empty reply after ids that are not their own', async (endpoint) => {
  await using simulator = await startSimulator({ endpoint, script: [{ text: 'Eighteen.' }] })
  const ask = async (id: string) => {
    const call = { id, type: 'function', function: { name: 'get_weather', arguments: '{}' } }
    const messages = [
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: id, content: '18' },
    ]
    return firstChoice((await postJson(simulator.baseURL, { model: 'moonshotai/Kimi-K2-Thinking', messages })).body)
  }
  expect(await ask('call_1')).toMatchObject({ finish_reason: 'stop', message: { content: '' } })
  // The reply of the script was not used up.
  expect(await ask('functions.get_weather:0')).toMatchObject({ message: { content: 'Eighteen.' } })
})
