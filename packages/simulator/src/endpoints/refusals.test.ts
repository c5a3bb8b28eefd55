import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../json.ts'
import { asObject, parseJson } from '../json.ts'
import type { StrictOptions } from '../options/options.ts'
import { startSimulator } from '../start-simulator.ts'
import { errorMessage, post, stringTool } from '../testing/client.ts'
import { simulatedEndpoints } from './endpoints.ts'
import type { EndpointName } from './simulated-endpoint.ts'

// Each row breaks one rule of one endpoint over a socket, and is met with the status and the words of that endpoint.

interface Row {
  readonly rule: string
  readonly body: JsonObject
  /** A string must equal the complete message. */
  readonly says: string | RegExp
  /** Default 400. */
  readonly status?: number
  /** Fields of the error object, or of the body where the error is the body. */
  readonly error?: JsonObject
  readonly strict?: StrictOptions
  /** Path after the origin, where it is not the base URL's. */
  readonly base?: string
  /** The context of all models, in tokens. */
  readonly context?: number
  readonly key?: string | null
}

const hello: JsonObject = { role: 'user', content: 'Hello.' }
const call = (id: string, text = '{"city":"Oslo"}'): JsonObject => ({ id, type: 'function', function: { name: 'get_weather', arguments: text } })
const result = (id: string): JsonObject => ({ role: 'tool', tool_call_id: id, content: '18' })
const asked = (id: string, more: JsonObject = {}): JsonObject => ({
  role: 'assistant',
  content: '',
  reasoning_content: 'I ask.',
  tool_calls: [call(id)],
  ...more,
})
const history = (id: string, more: JsonObject = {}): readonly Json[] => [hello, asked(id, more), result(id)]
const tools = [stringTool('get_weather', 'city')]
const image = (url: string): readonly Json[] => [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }]
const named = { type: 'function', function: { name: 'get_weather' } }
const strictTool = (parameters: JsonObject): JsonObject => ({ type: 'function', function: { name: 'add', description: 'Adds.', parameters, strict: true } })
const closed = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false }
const long = [{ role: 'user', content: 'word '.repeat(600) }]
const insufficient =
  "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)"
const notAlone = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."

const deepseek = (body: JsonObject): JsonObject => ({ model: 'deepseek-v4-pro', ...body })
const kimi = (body: JsonObject): JsonObject => ({ model: 'kimi-k2.6', ...body })
const off = { thinking: { type: 'disabled' } }

const deepseekRows: readonly Row[] = [
  {
    rule: 'reasoning that is not passed back',
    body: deepseek({ messages: history('a', { reasoning_content: undefined }) }),
    says: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
    error: { type: 'invalid_request_error', code: 'invalid_request_error' },
  },
  {
    rule: 'a message with nothing in it',
    body: deepseek({ messages: [hello, { role: 'assistant', content: null }] }),
    says: 'Invalid assistant message: content or tool_calls must be set',
  },
  {
    rule: 'a result without a call',
    body: deepseek({ messages: [hello, result('a')] }),
    says: "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
  },
  { rule: 'a call without a result', body: deepseek({ messages: [hello, asked('a'), hello] }), says: insufficient },
  {
    rule: 'a result in parts',
    body: deepseek({ messages: [hello, asked('a'), { ...result('a'), content: [{ type: 'text', text: '18' }] }] }),
    says: /content must be a string/,
  },
  {
    rule: 'another role',
    body: deepseek({ messages: [{ role: 'developer', content: 'Be kind.' }] }),
    says: /unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool` at line 1 column \d+$/,
  },
  {
    rule: 'an image for a model of text',
    body: deepseek({ messages: image('data:image/png;base64,AA==') }),
    says: /^Failed to deserialize the JSON body into the target type: messages\[0\]: unknown variant `image_url`, expected `text` at line 1 column \d+$/,
  },
  { rule: 'required while it thinks', body: deepseek({ tools, tool_choice: 'required' }), says: 'Thinking mode does not support this tool_choice' },
  { rule: 'a named tool while it thinks', body: deepseek({ tools, tool_choice: named }), says: 'Thinking mode does not support this tool_choice' },
  {
    rule: 'a JSON Schema as format',
    body: deepseek({ response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } } }),
    says: 'This response_format type is unavailable now',
  },
  {
    rule: 'JSON mode without the word',
    body: deepseek({ response_format: { type: 'json_object' } }),
    says: "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
  },
  {
    rule: 'more output than there is',
    body: deepseek({ max_tokens: 400_000 }),
    says: 'Invalid max_tokens value, the valid range of max_tokens is [1, 393216]',
  },
  { rule: 'an effort that is none', body: deepseek({ reasoning_effort: 'huge' }), says: /^Invalid reasoning_effort value/ },
  { rule: 'a user with other signs', body: deepseek({ user_id: 'a b' }), says: /^Invalid user_id value/ },
  { rule: '17 stop strings', body: deepseek({ stop: Array.from({ length: 17 }, String) }), says: /^Invalid stop value, at most 16/ },
  { rule: 'a name with a dot', body: deepseek({ tools: [stringTool('get.weather')] }), says: /function\.name is invalid/ },
  {
    rule: 'stream options without a stream',
    body: deepseek({ stream_options: { include_usage: true } }),
    says: 'stream_options should be set along with stream = true',
  },
  { rule: 'alternatives without log probabilities', body: deepseek({ top_logprobs: 2 }), says: 'Invalid top_logprobs and logprobs value' },
  {
    rule: 'messages and output that are too long together',
    body: deepseek({ messages: long, max_tokens: 900 }),
    context: 1_000,
    says: "This model's maximum context length is 1000 tokens. However, you requested 1504 tokens (604 in the messages, 900 in the completion). Please reduce the length of the messages or completion.",
  },
  {
    rule: 'an unknown model',
    body: { model: 'deepseek-chat' },
    says: 'The supported API model names are deepseek-flash or deepseek-v4-pro, but you passed deepseek-chat.',
  },
  { rule: 'strict tools at the base URL', body: deepseek({ tools: [strictTool(closed)] }), says: /only available at https:\/\/api\.deepseek\.com\/beta/ },
  { rule: 'a strict tool beside another', base: '/beta', body: deepseek({ tools: [strictTool(closed), ...tools] }), says: /for all functions or for none/ },
  {
    rule: 'a strict schema that is open',
    base: '/beta',
    body: deepseek({ tools: [strictTool({ ...closed, additionalProperties: undefined })] }),
    says: /additionalProperties to false/,
  },
  {
    rule: 'a strict schema with an optional property',
    base: '/beta',
    body: deepseek({ tools: [strictTool({ ...closed, required: [] })] }),
    says: /list a as required/,
  },
  {
    rule: 'a prefix at the base URL',
    body: deepseek({ messages: [hello, { role: 'assistant', content: 'The', prefix: true }] }),
    says: /does not support prefix mode at this base URL/,
  },
  {
    rule: 'another key',
    body: deepseek({}),
    key: 'sk-other-0001',
    status: 401,
    says: 'Authentication Fails, Your api key: ****0001 is invalid',
    error: { type: 'authentication_error' },
  },
  { rule: 'the old limit where the new one is wanted', strict: { tokenLimitName: true }, body: deepseek({ max_tokens: 5 }), says: notAlone },
  {
    rule: 'two user messages in a row, where turns must alternate',
    strict: { alternatingRoles: true },
    body: deepseek({ messages: [hello, hello] }),
    says: 'deepseek-v4-pro does not support successive user or assistant messages (messages[0] and messages[1] in your input). You should interleave the user/assistant messages in the message sequence.',
  },
  {
    rule: 'reasoning where there must be none',
    strict: { rejectReasoning: true },
    body: deepseek({ messages: history('a') }),
    says: 'The `reasoning_content` field is not allowed in the input messages.',
  },
]

const moonshotRows: readonly Row[] = [
  {
    rule: 'reasoning that is not passed back',
    body: kimi({ messages: history('a', { reasoning_content: undefined }) }),
    says: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 1',
    error: { type: 'invalid_request_error' },
  },
  {
    rule: 'an empty message',
    body: kimi({ messages: [hello, { role: 'assistant', content: '' }, hello] }),
    says: "Invalid request: the message at position 1 with role 'assistant' must not be empty",
  },
  {
    rule: 'a message of blanks',
    body: kimi({ messages: [hello, { role: 'assistant', content: ' \n' }, hello] }),
    says: "Invalid request: the message at position 1 with role 'assistant' must not be empty",
  },
  {
    rule: 'reasoning that is missing on an answer, where it is wanted on every message',
    strict: { requireReasoning: true },
    body: kimi({ messages: [hello, { role: 'assistant', content: 'Hi.' }, hello] }),
    says: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 1',
  },
  {
    rule: 'an empty text part',
    body: kimi({ messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }),
    says: 'Invalid request: text content is empty',
  },
  { rule: 'a result without a call', body: kimi({ messages: [hello, result('a')] }), says: 'Invalid request: tool_call_id  is not found' },
  { rule: 'a call without a result', body: kimi({ messages: [hello, asked('a'), hello] }), says: `Invalid request: ${insufficient}` },
  { rule: 'a locked temperature', body: kimi({ temperature: 0.6 }), says: 'invalid temperature: only 1 is allowed for this model' },
  { rule: 'a locked temperature without thinking', body: kimi({ temperature: 1, ...off }), says: 'invalid temperature: only 0.6 is allowed for this model' },
  { rule: 'a locked top_p', body: kimi({ top_p: 1 }), says: 'invalid top_p: only 0.95 is allowed for this model' },
  { rule: 'two candidates', body: kimi({ n: 2 }), says: 'invalid n: only 1 is allowed for this model' },
  { rule: 'a penalty', body: kimi({ presence_penalty: 1 }), says: 'invalid presence_penalty: only 0 is allowed for this model' },
  {
    rule: 'thinking off where it is always on',
    body: { model: 'kimi-k2.7-code', ...off },
    says: 'invalid thinking: only type=enabled is allowed for this model',
  },
  { rule: 'required while it thinks', body: kimi({ tools, tool_choice: 'required' }), says: "tool_choice 'required' is incompatible with thinking enabled" },
  { rule: 'a named tool while it thinks', body: kimi({ tools, tool_choice: named }), says: "tool_choice 'specified' is incompatible with thinking enabled" },
  {
    rule: 'a named tool for kimi-k3',
    body: { model: 'kimi-k3', tools, tool_choice: named },
    says: "tool_choice 'specified' is incompatible with thinking enabled",
  },
  { rule: 'required without tools', body: kimi({ tool_choice: 'required', ...off }), says: /'required' needs at least one tool/ },
  {
    rule: 'a schema outside of the flavour',
    body: kimi({
      tools: [{ type: 'function', function: { name: 'find', description: 'F.', parameters: { type: 'object', properties: { a: { enum: ['x'] } } } } }],
    }),
    says: "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, details: <At path 'root.properties.a': type is not defined>",
  },
  { rule: 'a JSON Schema without a name', body: kimi({ response_format: { type: 'json_schema', json_schema: {} } }), says: /needs name and schema/ },
  { rule: 'two tools with one name', body: kimi({ tools: [...tools, ...tools] }), says: /get_weather is duplicated/ },
  { rule: 'a name of two letters', body: kimi({ tools: [stringTool('ab')] }), says: /function\.name is invalid/ },
  { rule: 'a stop string of 33 bytes', body: kimi({ stop: 'x'.repeat(33) }), says: 'Invalid request: invalid stop: each string must be at most 32 bytes long' },
  { rule: 'an image that would be fetched', body: kimi({ messages: image('https://example.com/a.png') }), says: /use base64 data/ },
  { rule: 'a prompt that is too long', body: kimi({ messages: long }), context: 500, says: 'Invalid request: Input token length too long' },
  {
    rule: 'messages and output that are too long together',
    body: kimi({ messages: long, max_completion_tokens: 900 }),
    context: 1_000,
    says: 'Invalid request: Your request exceeded model token limit: 1000 (requested: 1504)',
  },
  {
    rule: 'an unknown model',
    body: { model: 'kimi-k2.5' },
    status: 404,
    says: 'Not found the model kimi-k2.5 or Permission denied',
    error: { type: 'resource_not_found_error' },
  },
  { rule: 'another key', body: kimi({}), key: 'other', status: 401, says: 'Incorrect API key provided', error: { type: 'incorrect_api_key_error' } },
  { rule: 'no key', body: kimi({}), key: null, status: 401, says: 'Invalid Authentication' },
  { rule: 'the old limit where the new one is wanted', strict: { tokenLimitName: true }, body: kimi({ max_tokens: 5 }), says: notAlone },
]

const vllm = (body: JsonObject): JsonObject => ({ model: 'deepseek-ai/DeepSeek-V3.2', ...body })
const openRouter = (body: JsonObject): JsonObject => ({ model: 'deepseek/deepseek-v3.2', ...body })
const ollama = (body: JsonObject): JsonObject => ({ model: 'deepseek-v3.2', ...body })
const broken = [hello, { role: 'assistant', content: '', tool_calls: [call('a', '{"city":"Oslo"')] }, result('a')]
const unterminated = [hello, { role: 'assistant', content: '', tool_calls: [call('a', '{"city":"Os')] }, result('a')]
const alternation = 'Conversation roles must alternate user/assistant/user/assistant/...'

const serverRows: { readonly [Name in 'openrouter' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama']: readonly Row[] } = {
  vllm: [
    {
      rule: 'arguments that break off',
      body: vllm({ messages: broken }),
      says: "Expecting ',' delimiter: line 1 column 15 (char 14)",
      error: { type: 'BadRequestError', code: 400 },
    },
    { rule: 'a string that breaks off', body: vllm({ messages: unterminated }), says: 'Unterminated string starting at: line 1 column 9 (char 8)' },
    { rule: 'required without tools', body: vllm({ tool_choice: 'required' }), says: 'When using `tool_choice`, `tools` must be set.' },
    { rule: 'stream options without a stream', body: vllm({ stream_options: {} }), says: 'Stream options can only be defined when `stream=True`.' },
    {
      rule: 'tools without the flags for them',
      strict: { noTools: true },
      body: vllm({ tools }),
      says: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    },
    {
      rule: 'messages and output that are too long together',
      body: vllm({ messages: long, max_tokens: 900 }),
      context: 1_000,
      says: "This model's maximum context length is 1000 tokens. However, you requested 900 output tokens and your prompt contains at least 101 input tokens, for a total of at least 1001 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=101)",
    },
    { rule: 'an unknown model', body: { model: 'x' }, status: 404, says: 'The model `x` does not exist.', error: { type: 'NotFoundError', code: 404 } },
    { rule: 'turns that do not alternate', strict: { alternatingRoles: true }, body: vllm({ messages: [hello, hello] }), says: alternation },
    {
      rule: 'reasoning that is not permitted',
      strict: { rejectReasoning: true },
      body: vllm({ messages: history('a', { reasoning_content: undefined, reasoning: 'Hm' }) }),
      says: 'messages.1.reasoning: Extra inputs are not permitted',
    },
    { rule: 'another key', body: vllm({}), key: 'other', status: 401, says: 'Unauthorized' },
  ],
  sglang: [
    {
      rule: 'arguments that break off',
      body: vllm({ messages: broken }),
      says: "Expecting ',' delimiter: line 1 column 15 (char 14)",
      error: { object: 'error', type: 'BadRequestError', code: 400 },
    },
    {
      rule: 'a prompt that is too long',
      body: vllm({ messages: long }),
      context: 500,
      says: "The input (604 tokens) is longer than the model's context length (500 tokens).",
    },
    {
      rule: 'messages and output that are too long together',
      body: vllm({ messages: long, max_tokens: 900 }),
      context: 1_000,
      says: "Requested token count exceeds the model's maximum context length of 1000 tokens. You requested a total of 1504 tokens: 604 tokens from the input messages and 900 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.",
    },
  ],
  'llama.cpp': [
    {
      rule: 'arguments that break off',
      body: { messages: broken },
      status: 500,
      says: "Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] parse error at line 1, column 15: syntax error while parsing object - unexpected end of input; expected '}'",
      error: { code: 500, type: 'server_error' },
    },
    {
      rule: 'a prompt that is too long',
      body: { messages: long },
      context: 512,
      says: 'request (604 tokens) exceeds the available context size (512 tokens), try increasing it',
      error: { code: 400, type: 'exceed_context_size_error', n_ctx: 512, n_prompt_tokens: 604 },
    },
    { rule: 'tools without the flag for them', strict: { noTools: true }, body: { tools }, status: 500, says: 'tools param requires --jinja flag' },
    {
      rule: 'turns that do not alternate',
      strict: { alternatingRoles: true },
      body: { messages: [hello, hello] },
      status: 500,
      says: `Jinja Exception: ${alternation}`,
    },
    { rule: 'another key', body: {}, key: 'other', status: 401, says: 'Invalid API Key', error: { code: 401, type: 'authentication_error' } },
  ],
  ollama: [
    {
      rule: 'arguments that break off',
      body: ollama({ messages: broken }),
      says: 'invalid tool call arguments',
      error: { type: 'invalid_request_error', code: null },
    },
    { rule: 'a message with nothing in it', body: ollama({ messages: [{ role: 'user' }] }), says: 'invalid message content type: <nil>' },
    { rule: 'an image that would be fetched', body: ollama({ messages: image('https://example.com/a.png') }), says: 'invalid image input' },
    { rule: 'an effort that is none', body: ollama({ reasoning_effort: 'max' }), says: /reasoning_effort/ },
    { rule: 'tools for a model without', strict: { noTools: true }, body: ollama({ tools }), says: '"deepseek-v3.2" does not support tools' },
    { rule: 'an unknown model', body: { model: 'x' }, status: 404, says: "model 'x' not found", error: { type: 'not_found_error' } },
  ],
  openrouter: [
    { rule: 'an unknown model', body: { model: 'x' }, says: 'x is not a valid model ID', error: { code: 400 } },
    {
      rule: 'tools where no host has them',
      strict: { noTools: true },
      body: openRouter({ tools }),
      status: 404,
      says: 'No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing',
    },
    {
      rule: 'messages and output that are too long together',
      body: openRouter({ messages: long, max_tokens: 900 }),
      context: 1_000,
      says: 'This endpoint\'s maximum context length is 1000 tokens. However, you requested about 1504 tokens (604 of text input, 900 in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
    },
    {
      rule: 'reasoning that an upstream does not permit',
      strict: { rejectReasoning: true },
      body: openRouter({ messages: history('a') }),
      says: 'messages.1.reasoning_content: Extra inputs are not permitted',
    },
    {
      rule: 'an id with other signs, at an upstream that is strict',
      strict: { callIds: true },
      body: openRouter({ messages: history('functions.get_weather:0') }),
      says: "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    },
    {
      rule: 'stream options, where they are not known',
      strict: { streamOptions: true },
      body: openRouter({ stream: true, stream_options: {} }),
      says: /stream_options$/,
    },
    { rule: 'no key', body: openRouter({}), key: null, status: 401, says: 'No auth credentials found', error: { code: 401 } },
  ],
}

const endpoints: readonly (readonly [EndpointName, readonly Row[]])[] = [
  ['deepseek', deepseekRows],
  ['moonshot', moonshotRows],
  ['openrouter', serverRows.openrouter],
  ['vllm', serverRows.vllm],
  ['sglang', serverRows.sglang],
  ['llama.cpp', serverRows['llama.cpp']],
  ['ollama', serverRows.ollama],
]

const apiKey = 'right-key'

describe.each(endpoints)('%s refuses', (name, rows) => {
  test.each(rows)('$rule', async ({ body, says, status = 400, error, strict, base, context, key = apiKey }) => {
    const { models, basePath } = simulatedEndpoints[name]
    const sized = context === undefined ? models : models.map((model) => ({ ...model, contextTokens: context }))
    await using simulator = await startSimulator({ endpoint: name, apiKey, models: sized, ...(strict !== undefined && { strict }) })
    const origin = simulator.baseURL.slice(0, simulator.baseURL.length - basePath.length)
    const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
    const response = await post(`${origin}${base ?? basePath}`, { model: models[0]?.id, ...body }, { headers })
    const sent = asObject(parseJson(await response.text()))
    const said = sent['object'] === 'error' ? String(sent['message']) : errorMessage(sent)
    if (typeof says === 'string') expect([response.status, said]).toEqual([status, says])
    else expect([response.status, said]).toEqual([status, expect.stringMatching(says)])
    if (error !== undefined) expect(sent['object'] === 'error' ? sent : sent['error']).toMatchObject(error)
  })
})
