import { Agent, type Message, type Model, type RunEvent, type ToolDefinition } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import { deepseek, evolink, moonshot, openaiCompatible, profiles } from './index.ts'
import { collect, errorOf, hello } from './testing/collect.ts'
import { type ProviderServer, sendJson, sendStream, startProvider, textStream } from './testing/provider-server.ts'

const apiKey = 'sk-test-0123456789'

type Body = Record<string, unknown>
interface WireMessage {
  readonly role: string
  readonly content?: unknown
  readonly reasoning_content?: string
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[]
}

const tools: readonly ToolDefinition[] = [
  { name: 'get_weather', description: 'W.', inputSchema: { type: 'object', properties: { city: { type: 'string', pattern: '^[A-Z]' } }, required: ['city'] } },
]
const asked: Message = { role: 'user', content: 'Weather?' }
const call = { type: 'tool-call', toolCallId: 'a.b:0', toolName: 'get_weather', inputText: '{"city":"Oslo"' } as const
const result: Message = { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'a.b:0', toolName: 'get_weather', status: 'ok', text: '4' }] }
const history: readonly Message[] = [asked, { role: 'assistant', content: [call] }, result]
const answered: readonly Message[] = [...history, { role: 'assistant', content: 'Four.' }, asked]

const assistants = (body: Body): readonly WireMessage[] => (body['messages'] as WireMessage[]).filter(({ role }) => role === 'assistant')

interface Case {
  readonly name: string
  readonly what: string
  readonly model: (baseURL: string) => Model
  readonly messages?: readonly Message[]
  /** The provider's refusal, where the request breaks its rule. */
  readonly refuse: (body: Body) => string | undefined
  readonly status?: number
  readonly toolChoice?: 'none' | 'required'
  readonly schema?: boolean
  readonly tools?: readonly ToolDefinition[]
}

const plain = (settings: object = {}) => {
  return (baseURL: string): Model => openaiCompatible({ baseURL, model: 'm', apiKey, ...settings })
}

const cases: readonly Case[] = [
  {
    name: "DeepSeek's reasoning that must be passed back",
    what: 'reasoning always',
    model: plain(),
    messages: history,
    refuse: (body) =>
      assistants(body).some(({ reasoning_content: reasoning }) => reasoning === undefined)
        ? 'The `reasoning_content` in the thinking mode must be passed back to the API.'
        : undefined,
  },
  {
    name: "Moonshot's reasoning that is missing on every message",
    what: 'reasoning every',
    model: (baseURL) => moonshot('kimi-k2.6', { baseURL, apiKey }),
    messages: answered,
    refuse: (body) =>
      assistants(body).some(({ reasoning_content: reasoning }) => reasoning === undefined)
        ? 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 4'
        : undefined,
  },
  {
    name: 'reasoning that a gateway does not permit',
    what: 'reasoning strip',
    model: (baseURL) => deepseek('deepseek-flash', { baseURL, apiKey }),
    messages: history,
    refuse: (body) => (JSON.stringify(body).includes('reasoning_content') ? 'messages.1.reasoning_content: Extra inputs are not permitted' : undefined),
  },
  {
    name: 'an empty content that Kimi does not take',
    what: 'empty-content',
    model: plain(),
    messages: history,
    refuse: (body) => (assistants(body).some(({ content }) => content === '') ? 'text content is empty' : undefined),
  },
  {
    name: 'a content that DeepSeek misses',
    what: 'content-wanted',
    model: (baseURL) => evolink('kimi-k2-thinking', { baseURL, apiKey }),
    messages: history,
    refuse: (body) =>
      assistants(body).some(({ content }) => content === undefined) ? 'Invalid assistant message: content or tool_calls must be set' : undefined,
  },
  {
    name: 'a message of blanks',
    what: 'blank-message',
    model: (baseURL) => moonshot('kimi-k2.6', { baseURL, apiKey }),
    messages: [asked, { role: 'assistant', content: ' \n' }, asked],
    refuse: (body) => (assistants(body).length > 0 ? "Invalid request: the message at position 1 with role 'assistant' must not be empty" : undefined),
  },
  {
    name: 'a result without its call',
    what: 'pairing',
    model: (baseURL) => moonshot('kimi-k3', { baseURL, apiKey }),
    messages: [asked, result, asked],
    refuse: (body) => (JSON.stringify(body).includes('"role":"tool"') ? 'Invalid request: tool_call_id  is not found' : undefined),
  },
  {
    name: 'a tool choice that thinking does not go with',
    what: 'tool-choice',
    model: (baseURL) => evolink('kimi-k2-thinking', { baseURL, apiKey }),
    toolChoice: 'required',
    refuse: (body) => (body['tool_choice'] === 'required' ? "tool_choice 'required' is incompatible with thinking enabled" : undefined),
  },
  {
    name: 'a locked temperature',
    what: 'locked temperature',
    model: plain({ temperature: 0.3 }),
    refuse: (body) => (body['temperature'] === undefined ? undefined : 'invalid temperature: only 1 is allowed for this model'),
  },
  {
    name: 'an output limit under another name',
    what: 'limit-name',
    model: plain({ maxOutputTokens: 100 }),
    refuse: (body) =>
      body['max_completion_tokens'] === 100
        ? undefined
        : "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  },
  {
    name: 'an output limit beyond what the model gives',
    what: 'output limit 8192',
    model: plain({ maxOutputTokens: 100_000 }),
    refuse: (body) => (body['max_tokens'] === 8_192 ? undefined : 'Invalid max_tokens value, the valid range of max_tokens is [1, 8192]'),
  },
  {
    name: 'a JSON Schema as format',
    what: 'response-format',
    model: plain(),
    messages: [{ role: 'user', content: 'JSON' }],
    schema: true,
    refuse: (body) => ((body['response_format'] as { type: string }).type === 'json_object' ? undefined : 'This response_format type is unavailable now'),
  },
  {
    name: "tool schemas outside of Moonshot's flavour",
    what: 'schema-flavour',
    model: plain(),
    refuse: (body) =>
      JSON.stringify(body).includes('"pattern"')
        ? "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, details: <At path 'properties.city': unsupported keywords: pattern>"
        : undefined,
  },
  {
    name: 'a union at the top of a tool schema',
    what: 'schema-top',
    model: plain(),
    tools: [
      {
        name: 'draw',
        description: 'D.',
        inputSchema: { type: 'object', anyOf: [{ properties: { a: { type: 'string' } } }, { properties: { b: { type: 'string' } } }] },
      },
    ],
    refuse: (body) =>
      JSON.stringify(body).includes('"anyOf":')
        ? "Invalid schema for function 'draw': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
        : undefined,
  },
  {
    name: 'arguments of earlier calls that vLLM cannot parse',
    what: 'call-inputs',
    model: plain(),
    messages: history,
    refuse: (body) => (JSON.stringify(body).includes('invalid_json') ? undefined : "Expecting ',' delimiter: JSONDecodeError in arguments"),
  },
  {
    name: "arguments of earlier calls that llama.cpp's 500 names",
    what: 'call-inputs',
    model: plain(),
    messages: history,
    status: 500,
    refuse: (body) =>
      JSON.stringify(body).includes('invalid_json') ? undefined : 'Failed to parse tool call arguments as JSON: [json.exception.parse_error.101]',
  },
  {
    name: 'ids of calls that a strict host refuses',
    what: 'call-ids',
    model: plain(),
    messages: history,
    refuse: (body) =>
      assistants(body)[0]?.tool_calls?.[0]?.id === 'a_b_0' ? undefined : "'messages.1.tool_calls.0.id' tool_call_id does not match pattern '^[a-zA-Z0-9_-]+$'",
  },
]

async function startStrict({ refuse, status = 400 }: Case): Promise<ProviderServer> {
  return await startProvider((response, { body }) => {
    const words = refuse(body)
    if (words === undefined) sendStream(response, textStream('ok'))
    else sendJson(response, status, { error: { message: words, type: 'invalid_request_error' } })
  })
}

describe.each(cases)('$name', (one) => {
  test('a refused request is changed once, reported, and changed at once from then on', async () => {
    await using server = await startStrict(one)
    const model = one.model(server.baseURL)
    const request = {
      messages: one.messages ?? [asked],
      tools: one.tools ?? tools,
      ...(one.toolChoice !== undefined && { toolChoice: one.toolChoice }),
      ...(one.schema === true && { responseFormat: { type: 'json', schema: { type: 'object' } } as const }),
    }
    const first = await collect(model, request)
    expect(first.error).toMatchObject({ retryable: true, retryAfterMs: 0, reworded: true })
    expect(first.events).toEqual([{ type: 'repaired', what: one.what, message: expect.stringContaining('from now on') }])
    for (let count = 0; count < 2; count++) expect((await collect(model, request)).text).toBe('ok')
    expect(server.requests).toHaveLength(3)
  })
})

test('in a run a changed request is one more attempt, with an event that describes the change', async () => {
  await using server = await startProvider((response, { body }) => {
    if (body['stream_options'] !== undefined) sendJson(response, 400, { error: { message: 'Unrecognized parameter: stream_options' } })
    else sendStream(response, textStream('ok'))
  })
  const agent = new Agent({ name: 'a', model: openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey }) })
  const events: RunEvent[] = []
  for await (const event of agent.stream('Hi')) events.push(event)
  const types = events.map(({ type }) => type).filter((type) => type === 'attempt' || type === 'repaired' || type === 'step-retry')
  expect(types).toEqual(['attempt', 'repaired', 'step-retry', 'attempt'])
  expect(server.requests).toHaveLength(2)
})

test('a request that is refused again after its change is an error, not a loop', async () => {
  await using server = await startProvider((response) => sendJson(response, 400, { error: { message: 'text content is empty' } }))
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey })
  expect(await errorOf(model.complete(hello))).toMatchObject({ code: 'invalid-request', attempts: 2 })
  expect(server.requests).toHaveLength(2)
})

test.each([
  [
    'the words of DeepSeek and vLLM',
    "This model's maximum context length is 10000 tokens. However, you requested 12000 tokens (7000 in the messages, 5000 in the completion).",
    2_936,
  ],
  ["Moonshot's words", 'Your request exceeded model token limit: 10000 (requested: 11000)', 3_936],
  [
    "newer vLLM's words",
    "'max_tokens' is too large: 5000. This model's maximum context length is 10000 tokens and your request has 9000 input tokens (5000 > 10000 - 9000).",
    936,
  ],
])('a context that messages and output overflow together: the output limit is lowered, by %s', async (_name, message, room) => {
  await using server = await startProvider((response, { body }) => {
    if ((body['max_tokens'] as number) > room) sendJson(response, 400, { error: { message } })
    else sendStream(response, textStream('ok'))
  })
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey, maxOutputTokens: 5_000 })
  const first = await collect(model, { messages: [asked] })
  expect(first.error).toMatchObject({ code: 'context-overflow', retryable: true })
  expect((await collect(model, { messages: [asked, { role: 'assistant', content: 'Hm.' }, asked] })).text).toBe('ok')
  expect(server.requests[1]?.body['max_tokens']).toBe(room)
  // Another conversation begins with the limit of the settings.
  await collect(model, { messages: [{ role: 'user', content: 'Another' }] })
  expect(server.requests[2]?.body['max_tokens']).toBe(5_000)
})

test.each([
  [
    'messages that leave no room',
    "This model's maximum context length is 10000 tokens. However, you requested 14900 tokens (9900 in the messages, 5000 in the completion).",
  ],
  ['messages that are too long by themselves', 'request (2009 tokens) exceeds the available context size (512 tokens), try increasing it'],
])('%s are an error at once', async (_name, message) => {
  await using server = await startProvider((response) => sendJson(response, 400, { error: { message } }))
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey, maxOutputTokens: 5_000 })
  expect((await collect(model)).error).toMatchObject({ code: 'context-overflow', retryable: false })
})

test('the next attempt follows a redirect on the same origin, and later requests use the new path', async () => {
  await using server = await startProvider((response, { path }) => {
    if (path === '/v1/chat/completions') response.writeHead(307, { location: '/v2/chat/completions' }).end()
    else sendStream(response, textStream('ok'))
  })
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey })
  const first = await collect(model)
  expect(first.error).toMatchObject({ code: 'network-redirect', retryable: true })
  expect(first.events).toEqual([expect.objectContaining({ type: 'repaired', what: 'redirect' })])
  expect([(await collect(model)).text, (await collect(model)).text]).toEqual(['ok', 'ok'])
  expect(server.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/v1/chat/completions', `Bearer ${apiKey}`],
    ['/v2/chat/completions', `Bearer ${apiKey}`],
    ['/v2/chat/completions', `Bearer ${apiKey}`],
  ])
})

test.each([
  ['to another origin', 307, 'http://127.0.0.1:9/v1/chat/completions'],
  ['that would lose the body', 302, '/v2/chat/completions'],
  ['to an invalid URL', 308, 'http://['],
])('a redirect %s is an error, and nothing is sent there', async (_name, status, location) => {
  await using server = await startProvider((response) => {
    response.writeHead(status, { location }).end()
  })
  expect((await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey }))).error).toMatchObject({ code: 'network-redirect', retryable: false })
  expect(server.requests).toHaveLength(1)
})

test('redirects in a circle end', async () => {
  await using server = await startProvider((response, { path }) => {
    response.writeHead(307, { location: path.endsWith('a') ? '/b' : '/a' }).end()
  })
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey })
  for (let count = 0; count < 3; count++) expect((await collect(model)).error?.retryable).toBe(true)
  expect((await collect(model)).error).toMatchObject({ code: 'network-redirect', retryable: false })
})

test('ids are canonical and numbered through the conversation for Kimi on self-hosted servers', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey, profile: profiles.vllmKimi })
  const twice: Message = { role: 'assistant', content: [call, { ...call, toolCallId: 'x' }] }
  await collect(model, { messages: [...history, twice, result, result, { role: 'assistant', content: [call] }, result], tools })
  const sent = server.requests[0]?.body['messages'] as readonly (WireMessage & { tool_call_id?: string })[]
  expect(sent.flatMap(({ tool_calls: calls, tool_call_id: id }) => calls?.map((one) => one.id) ?? id ?? [])).toEqual([
    ...['functions.get_weather:0', 'functions.get_weather:0'],
    ...['functions.get_weather:1', 'functions.get_weather:2', 'functions.get_weather:1', 'functions.get_weather:2'],
    ...['functions.get_weather:3', 'functions.get_weather:3'],
  ])
  expect(assistants(server.requests[0]?.body ?? {})[0]?.tool_calls?.[0]?.function.arguments).toBe('{"invalid_json":"{\\"city\\":\\"Oslo\\""}')
})
