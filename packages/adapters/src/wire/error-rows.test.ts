import { expect, test } from 'vitest'
import { classifyError } from './classify-error.ts'
import { readProviderError } from './decode-error.ts'
import { errorRows } from './error-rows.ts'

type Example = readonly [status: number, body: unknown]

function said(message: string, more: object = {}): object {
  return { error: { message, ...more } }
}

/** An example of each row: a real response of a provider, or the closest known form. */
const examples: Readonly<Record<string, readonly Example[]>> = {
  'gemini-quota-by-minute': [
    [
      429,
      [
        {
          error: {
            code: 429,
            status: 'RESOURCE_EXHAUSTED',
            message: 'You exceeded your current quota, please check your plan and billing details.\nPlease retry in 34.07s.',
          },
        },
      ],
    ],
  ],
  'moonshot-quota': [[429, said('Your account is suspended', { type: 'exceeded_current_quota_error' })]],
  'openai-quota': [
    [429, said('You ran out.', { code: 'insufficient_quota' })],
    [429, said('The usage limit has been reached', { type: 'usage_limit_reached' })],
    [400, said('Billing hard limit has been reached', { code: 'billing_hard_limit_reached' })],
  ],
  'evolink-quota': [[402, { error: { code: 402, type: 'insufficient_quota_error', message: 'Insufficient quota' } }]],
  'new-api-quota': [[403, said('user quota is not enough', { type: 'new_api_error', code: 'insufficient_user_quota' })]],
  'litellm-budget': [[400, said('Budget has been exceeded! Current cost: 2, Max budget: 1', { type: 'budget_exceeded', code: '400' })]],
  'zai-quota': [[429, said('Your account is in arrears, please recharge and try again.', { code: '1113' })]],
  'dashscope-quota': [[400, { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' }]],
  'ark-quota': [[403, said('The request failed because your account has an overdue balance.', { code: 'AccountOverdueError' })]],
  'deepseek-balance': [
    [402, said('Insufficient Balance', { type: 'unknown_error', code: 'invalid_request_error' })],
    [429, said('insufficient account balance')],
    [0, { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }],
    [403, said('Insufficient credits. Add more at the settings page.')],
  ],
  'moonshot-quota-words': [
    [429, said('You exceeded your current token quota: 100')],
    [429, said('request reached organization TPD rate limit, current: 1, limit: 1', { type: 'rate_limit_reached_error' })],
  ],
  'plan-limit': [
    [
      429,
      said("You've reached kimi monthly usage limit for this billing cycle. Your quota will be refreshed in the next cycle.", { type: 'rate_limit_error' }),
    ],
    [403, said("You've reached your weekly (7-day) usage limit. Your quota will be refreshed soon.", { type: 'permission_error' })],
    [429, said('Daily limit exceeded for free models')],
    [429, said('Subscription quota exceeded. You can continue using free models.')],
    [403, said('This key has exceeded its spending limit')],
  ],
  'quota-words': [
    [429, said('Your account balance is insufficient, please recharge')],
    [403, said('Key limit exceeded (total limit). Manage it using the settings page.', { code: 403 })],
    [403, said('该令牌额度已用尽', { type: 'new_api_error' })],
    [429, said('您的余额不足，请充值')],
    [400, said('Budget has been exceeded! Current cost: 5, Max budget: 5')],
    [403, said('user quota is not enough')],
    [400, said('Your credit balance is too low to access the API', { type: 'invalid_request_error' })],
    [429, said('The quota has been exhausted')],
  ],
  'openai-overflow': [[400, said('Too much.', { code: 'context_length_exceeded' })]],
  'llama.cpp-overflow': [[400, said('request (2009 tokens) is too much', { code: 400, type: 'exceed_context_size_error' })]],
  'prompt-tokens-type': [[400, said('Too much.', { type: 'too_many_prompt_tokens' })]],
  'zai-overflow': [[400, said('Prompt exceeds the limit', { code: '1261' })]],
  'overflow-context': [
    [400, said("This model's maximum context length is 1000 tokens")],
    [400, said('prompt too long; exceeded max context length by 512 tokens', { type: 'invalid_request_error' })],
    [400, { error: 'The number of tokens to keep from the initial prompt is greater than the context length' }],
    [400, said('request (2009 tokens) exceeds the available context size (512 tokens), try increasing it')],
    [400, said('Your input exceeds the context window of this model.')],
    [400, said('Your request exceeded model token limit: 262144 (requested: 300000)')],
    [422, said("The input (12000 tokens) is longer than the model's context length (8192 tokens).")],
    [0, { base_resp: { status_code: 1039, status_msg: 'context window exceeds limit' } }],
    [500, said('the context size has been exceeded')],
    [400, { object: 'error', message: 'Prompt contains 200000 tokens, too large for model with 131072 maximum context length', code: '3051' }],
  ],
  'overflow-prompt': [
    [413, said('Prompt exceeds maximum number of tokens')],
    [400, { error: 'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens' }],
    [400, said('prompt is too long: 213462 tokens > 200000 maximum', { type: 'invalid_request_error' })],
    [400, said('Prompt too long')],
    [400, said('Prompt exceeds max length')],
    [400, said("This model's maximum prompt length is 131072 but the request contains 140000 tokens.")],
    [400, said('Input token length too long')],
    [400, said('Input is too long for requested model.')],
    [422, said('`inputs` tokens + `max_new_tokens` must be <= 8192')],
  ],
  'overflow-count': [
    [400, said('tokens in request more than max tokens allowed')],
    [
      400,
      [
        {
          error: { code: 400, message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', status: 'INVALID_ARGUMENT' },
        },
      ],
    ],
    [400, said('Range of input length should be [1, 129024]')],
    [400, said('Please reduce the length of the messages or completion.')],
  ],
  'groq-overflow': [
    [413, said('Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9000', { type: 'tokens', code: 'rate_limit_exceeded' })],
  ],
  'content-words': [
    [400, said('high risk', { type: 'content_filter' })],
    [400, said('The prompt was refused', { code: 'content_policy_violation' })],
    [400, said('Invalid prompt: we have limited access to this content', { code: 'invalid_prompt' })],
  ],
  'dashscope-content': [[400, said('Input text data may contain something.', { code: 'DataInspectionFailed' })]],
  'zai-content': [[400, said('System detected unsafe content', { code: '1301' })]],
  'content-text': [
    [400, said('Content Exists Risk', { type: 'invalid_request_error' })],
    [400, said("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.")],
    [403, said('Your input was flagged')],
    [0, { base_resp: { status_code: 1026, status_msg: 'input new_sensitive' } }],
  ],
  'openrouter-capability': [[404, said('No endpoints found that support image input', { code: 404 })]],
  'llama.cpp-capability': [
    [500, said('tools param requires --jinja flag', { code: 500, type: 'server_error' })],
    [500, said('Cannot use both json_schema and grammar', { code: 500 })],
    [500, said('Jinja Exception: Conversation roles must alternate user/assistant')],
    [500, said('Failed to parse tools: [json.exception.type_error.302]')],
  ],
  capability: [
    [500, said('image input is not supported - hint: you may need to provide the mmproj', { code: 500, type: 'server_error' })],
    [501, said('This server does not support embeddings')],
    [500, said('This model does not support tools')],
    [0, said('Unsupported content type: audio')],
  ],
  'model-words': [
    [404, said('x', { type: 'resource_not_found_error' })],
    [404, said('The API deployment for this resource does not exist.', { code: 'DeploymentNotFound' })],
    [404, said('You have not activated it', { code: 'ModelNotOpen' })],
  ],
  'invalid-model': [[400, { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' }]],
  'zai-model': [[400, said('Model does not exist, please check the model code.', { code: '1211' })]],
  'model-text': [
    [400, said('Model Not Exist', { type: 'invalid_request_error', code: 'invalid_request_error' })],
    [400, said('The supported API model names are deepseek-flash or deepseek-v4-pro, but you passed X.')],
    [404, said('The model `x` does not exist or you do not have access to it.')],
    [400, said("model x isn't supported on this route")],
    [400, said('x is not a valid model ID')],
  ],
  'overloaded-words': [
    [429, said('please try again later', { type: 'engine_overloaded_error' })],
    [529, said('Overloaded', { type: 'overloaded_error' })],
    [503, [{ error: { code: 503, message: 'Try later.', status: 'UNAVAILABLE' } }]],
  ],
  'overloaded-text': [
    [429, said('The engine is currently overloaded, please try again later')],
    [500, said('The server is overloaded')],
  ],
  'rate-words': [
    [429, said('slow down', { type: 'rate_limit_reached_error' })],
    [0, said('slow down', { code: 'rate_limit_exceeded' })],
  ],
  'zai-rate': [[429, said('High concurrency usage of this API', { code: '1302' })]],
  'dashscope-rate': [[429, said('Requests throttled', { code: 'Throttling.RateQuota' })]],
  'auth-words': [[401, said('Authentication Fails', { type: 'authentication_error' })]],
  'auth-text': [
    [400, [{ error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' } }]],
    [400, { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***.' }],
    [0, { base_resp: { status_code: 2049, status_msg: 'invalid api key' } }],
  ],
  'request-type': [[0, said('bad', { type: 'invalid_request_error' })]],
  redirect: [[308, '']],
  'status-401': [[401, { detail: 'who are you' }]],
  'status-402': [[402, '']],
  'status-404': [[404, 'nothing here']],
  'status-407': [[407, '']],
  'status-408': [
    [408, ''],
    [409, ''],
    [425, ''],
    [499, ''],
  ],
  'status-413': [[413, '<html>too large</html>']],
  'status-429': [[429, '']],
  'status-501': [
    [501, ''],
    [505, ''],
  ],
  'status-500': [[500, said('oops', { type: 'server_error' })]],
  'status-503': [
    [502, ''],
    [503, said('busy')],
    [504, '<html>timeout</html>'],
    [520, ''],
    [529, ''],
  ],
}

function classify(status: number, body: unknown) {
  return classifyError(status, readProviderError(typeof body === 'string' ? body : JSON.stringify(body)))
}

test('each row has a source and an example, and each example matches its row', () => {
  const ids = errorRows.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(Object.keys(examples).sort()).toEqual([...ids].sort())
  for (const { source } of errorRows) expect(source).toMatch(/^https:\/\/[\w.-]+\/\S+$/)
})

test.each(Object.entries(examples).flatMap(([id, list]) => list.map(([status, body]) => ({ id, status, body }))))(
  '$status $body is decided by the row $id',
  ({ id, status, body }) => {
    const { row, ...means } = classify(status, body)
    expect(row?.id).toBe(id)
    expect(means).toEqual(errorRows.find((candidate) => candidate.id === id)?.means)
  },
)

// Texts that resemble those of a row and mean something else.
test.each<[number, object, string]>([
  [429, said('Rate limit reached for requests per min. Limit: 3 / min. Please try again in 20s.', { code: 'rate_limit_exceeded' }), 'rate-limited'],
  [429, said('Your account request reached organization max RPM: 3, please try again after 1 seconds'), 'rate-limited'],
  [429, said('Too many requests per minute: the limit is reached.'), 'rate-limited'],
  [400, said('Invalid max_tokens value, the valid range of max_tokens is [1, 8192]'), 'invalid-request'],
  [400, said('Unexpected token in JSON at position 3'), 'invalid-request'],
  [400, said('Invalid token at line 1 column 2'), 'invalid-request'],
  [403, said('Country, region, or territory not supported'), 'auth-failed'],
  [500, said('Internal server error while reading the image'), 'provider-failed'],
  [503, said('No worker is available'), 'provider-overloaded'],
  [404, said('The requested URL /v2/chat/completions was not found on this server.'), 'model-not-found'],
])('%i %o is %s', (status, body, code) => {
  expect(classify(status, body).code).toBe(code)
})

test('the status that a relay puts into the code of a 200 counts as the status', () => {
  expect(classify(0, { error: { code: 502, message: 'no worker' } })).toMatchObject({ code: 'provider-overloaded', row: { id: 'status-503' } })
  expect(classify(0, { error: { code: '404', message: 'No endpoints found that support tool use' } })).toMatchObject({ row: { id: 'openrouter-capability' } })
  expect(classify(0, { error: { code: 418, message: 'teapot' } })).toMatchObject({ code: 'invalid-request', row: undefined })
})

test.each([
  [{ error: { message: 'a', type: 't', code: 7, param: 'p' } }, { message: 'a', type: 't', code: '7', param: 'p' }],
  [
    { type: 'error', error: { type: 't', message: 'a', http_code: '400' }, request_id: 'r' },
    { message: 'a', type: 't' },
  ],
  [[{ error: { code: 400, message: 'a', status: 'INVALID_ARGUMENT' } }], { message: 'a', type: 'INVALID_ARGUMENT', code: '400' }],
  [
    { error: 'a', code: 'c' },
    { message: 'a', code: 'c' },
  ],
  [
    { object: 'error', message: 'a', type: 't', code: '1500', raw_status_code: 400 },
    { message: 'a', type: 't', code: '1500' },
  ],
  [{ detail: 'Invalid API Key' }, { message: 'Invalid API Key' }],
  [{ detail: [{ loc: ['body', 'n'], msg: 'too big' }] }, { message: '[{"loc":["body","n"],"msg":"too big"}]' }],
  [
    { errors: [{ message: 'a', code: 7003 }], success: false },
    { message: 'a', code: '7003' },
  ],
  [
    { message: 'a', __type: 'ThrottlingException' },
    { message: 'a', type: 'ThrottlingException' },
  ],
  [
    { error: { message: 'Provider returned error', code: 429, metadata: { raw: 'slow down', provider_name: 'x' } } },
    { message: 'Provider returned error: slow down' },
  ],
  [{ error: { code: 429, message: 'a', details: [{ '@type': 'x' }, { retryDelay: '34s' }] } }, { delay: 'retry after 34s' }],
])('the error body %o is read', (body, expected) => {
  expect(readProviderError(JSON.stringify(body))).toMatchObject(expected)
})
