import { expect, test } from 'vitest'
import { evolink, openaiCompatible } from './index.ts'
import { collect, errorOf, hello } from './testing/collect.ts'
import { completion, delta, done, finish, frame, sendJson, sendStream, startProvider, textStream, usage } from './testing/provider-server.ts'

const apiKey = 'sk-test-0123456789'

test('a stream gives reasoning, text and tool calls as they come, and one reply at the end', async () => {
  await using server = await startProvider((response) => {
    sendStream(
      response,
      [
        delta({ role: 'assistant', content: '', reasoning_content: '' }),
        delta({ reasoning_content: 'Let me ' }),
        delta({ reasoning_content: 'see.' }),
        delta({ content: 'Asking.' }),
        delta({ tool_calls: [{ index: 0, id: 'functions.add:0', type: 'function', function: { name: 'add', arguments: '' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: '{"a": 1,' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: ' "b":2}' } }] }),
        finish('tool_calls', { ...usage, prompt_tokens_details: { cached_tokens: 6 } }),
        done,
      ].join(''),
    )
  })
  const { events, reply } = await collect(evolink('kimi-k2-thinking', { baseURL: server.baseURL, apiKey }))

  expect(events.filter(({ type }) => type !== 'reply')).toEqual([
    { type: 'reasoning-delta', delta: 'Let me ' },
    { type: 'reasoning-delta', delta: 'see.' },
    { type: 'text-delta', delta: 'Asking.' },
    { type: 'tool-call-delta', index: 0, toolName: 'add', delta: '' },
    { type: 'tool-call-delta', index: 0, delta: '{"a": 1,' },
    { type: 'tool-call-delta', index: 0, delta: ' "b":2}' },
  ])
  expect(events.at(-1)?.type).toBe('reply')
  expect(reply).toEqual({
    message: {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Let me see.' },
        { type: 'text', text: 'Asking.' },
        { type: 'tool-call', toolCallId: 'functions.add:0', toolName: 'add', inputText: '{"a": 1, "b":2}' },
      ],
    },
    finishReason: 'tool-calls',
    rawFinishReason: 'tool_calls',
    atOutputLimit: false,
    usage: { inputTokens: 8, cachedInputTokens: 6, outputTokens: 4, totalTokens: 12 },
    response: {
      id: 'c1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      rawUsage: { ...usage, prompt_tokens_details: { cached_tokens: 6 } },
    },
  })
})

test('a model that does not stream yields the same events in one array', async () => {
  await using server = await startProvider((response) => sendJson(response, 200, completion({ content: 'Hi', reasoning_content: 'Hm.' })))
  const model = evolink('deepseek-chat', { baseURL: server.baseURL, apiKey, stream: false })
  const batches = []
  for await (const batch of model.stream(hello, { signal: new AbortController().signal })) batches.push(batch.map(({ type }) => type))

  expect(batches).toEqual([['reasoning-delta', 'text-delta', 'reply']])
  expect(server.requests[0]?.body).not.toHaveProperty('stream_options')
  expect(server.requests[0]?.body).toMatchObject({ stream: false })
})

test('a complete document in answer to a request for a stream is taken as it is', async () => {
  await using server = await startProvider((response) => sendJson(response, 200, completion({ content: 'Hi' })))
  const { text, reply, error } = await collect(evolink('deepseek-chat', { baseURL: server.baseURL, apiKey }))

  expect(error).toBeUndefined()
  expect(text).toBe('Hi')
  expect(reply).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 8 } })
})

test('complete() returns all candidates with their log probabilities, the raw body and the response fields', async () => {
  const body = {
    id: '930c60df',
    object: 'chat.completion',
    created: 1_770_617_860,
    model: 'deepseek-chat',
    choices: [
      { index: 1, message: { role: 'assistant', content: 'two' }, finish_reason: 'length' },
      { index: 0, message: { role: 'assistant', content: 'one' }, logprobs: { content: [{ token: 'one', logprob: -0.1 }] }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 16, completion_tokens: 10, total_tokens: 26, prompt_cache_hit_tokens: 5, prompt_cache_miss_tokens: 11 },
    system_fingerprint: 'fp_eaab8d114b_prod0820_fp8_kvcache',
  }
  await using server = await startProvider((response) => sendJson(response.setHeader('x-request-id', 'r-1'), 200, body))
  const result = await evolink('deepseek-chat', { baseURL: server.baseURL, apiKey, logprobs: true, topLogprobs: 2 }).complete(hello)

  expect(result.candidates.map(({ message, finishReason }) => [message.content, finishReason])).toEqual([
    [[{ type: 'text', text: 'one' }], 'stop'],
    [[{ type: 'text', text: 'two' }], 'length'],
  ])
  expect(result.candidates[0]?.logprobs).toEqual({ content: [{ token: 'one', logprob: -0.1 }] })
  expect(result).toMatchObject({
    attempts: 1,
    raw: body,
    finishReason: 'stop',
    usage: { inputTokens: 16, cachedInputTokens: 5, outputTokens: 10, totalTokens: 26 },
    response: {
      id: '930c60df',
      object: 'chat.completion',
      created: 1_770_617_860,
      model: 'deepseek-chat',
      systemFingerprint: 'fp_eaab8d114b_prod0820_fp8_kvcache',
      requestId: 'r-1',
    },
  })
})

test('complete() asks again after a failure that may pass, and says how often it asked', async () => {
  await using server = await startProvider((response, _request, index) => {
    if (index === 0) sendJson(response.setHeader('retry-after', '0'), 503, { error: { message: 'busy' } })
    else sendJson(response, 200, completion({ content: 'Hi' }))
  })
  const result = await evolink('deepseek-chat', { baseURL: server.baseURL, apiKey }).complete(hello)

  expect(result.attempts).toBe(2)
  expect(server.requests).toHaveLength(2)
})

test('complete() takes a stream that nobody asked for', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('a', 'b')))
  const result = await evolink('deepseek-chat', { baseURL: server.baseURL, apiKey }).complete(hello)

  expect(result.candidates).toEqual([
    { message: { role: 'assistant', content: [{ type: 'text', text: 'ab' }] }, finishReason: 'stop', rawFinishReason: 'stop' },
  ])
})

test('stream_options that the endpoint refuses are left out from the next request on, and each request is one attempt', async () => {
  await using server = await startProvider((response, { body }) => {
    if (body['stream_options'] !== undefined)
      sendJson(response, 400, { error: { message: 'Unrecognized parameter: stream_options', type: 'invalid_request_error' } })
    else sendStream(response, textStream('ok'))
  })
  const settings = { baseURL: server.baseURL, apiKey }
  const first = await collect(evolink('kimi-k2-thinking', settings))
  expect(first.error).toMatchObject({ code: 'invalid-request', retryable: true, retryAfterMs: 0, status: 400 })

  const second = await collect(evolink('kimi-k2-thinking', settings))
  expect(second.text).toBe('ok')
  // Another model of the endpoint learns for itself.
  expect((await collect(evolink('kimi-k2-thinking-turbo', settings))).error?.retryable).toBe(true)
  expect(server.requests).toHaveLength(3)
})

test('reasoning is stripped for deepseek-reasoner, and sent once a 400 has named the field', async () => {
  const messages = [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'Thought.' },
        { type: 'text', text: 'Hello' },
      ],
    },
    { role: 'user', content: 'Again' },
  ] as const
  await using server = await startProvider((response, { text }) => {
    if (text.includes('reasoning_content')) sendStream(response, textStream('ok'))
    else
      sendJson(response, 400, {
        error: { message: 'The `reasoning_content` in the thinking mode must be passed back to the API.', type: 'invalid_request_error' },
      })
  })
  const model = evolink('deepseek-reasoner', { baseURL: server.baseURL, apiKey })

  expect((await collect(model, { messages })).error).toMatchObject({ code: 'invalid-request', retryable: true })
  expect(server.requests[0]?.text).not.toContain('Thought.')
  expect((await collect(model, { messages })).text).toBe('ok')
  expect(server.requests[1]?.body['messages']).toContainEqual({ role: 'assistant', content: 'Hello', reasoning_content: 'Thought.' })
})

test('an endpoint that refuses reasoning both ways is an error, not a loop', async () => {
  await using server = await startProvider((response) => sendJson(response, 400, { error: { message: 'bad reasoning_content' } }))
  const model = evolink('deepseek-reasoner', { baseURL: server.baseURL, apiKey })

  expect((await errorOf(model.complete(hello))).attempts).toBe(2)
  expect(server.requests).toHaveLength(2)
})

test('a single request is sent as often as its attempts say', async () => {
  await using server = await startProvider((response) => sendJson(response, 503, { error: { message: 'busy' } }))
  const model = evolink('deepseek-chat', { baseURL: server.baseURL, apiKey })
  expect((await errorOf(model.complete(hello, { attempts: { max: 1 } }))).attempts).toBe(1)
  expect(server.requests).toHaveLength(1)
})

test.each<[string, object, object, string]>([
  ['an unknown option', hello, { abortSignal: 1 }, '`abortSignal` is not an option of complete(). Use `signal`.'],
  ['an unknown option of attempts', hello, { attempts: { retries: 1 } }, '`attempts.max`'],
  ['an unknown part', { prompt: 'Hi' }, {}, '`prompt` is not part of a request. Use `messages: [user(prompt)]`.'],
])('a single request with %s is refused', async (_, request, options, message) => {
  const model = evolink('deepseek-chat', { baseURL: 'http://127.0.0.1:9', apiKey })
  expect(await errorOf(model.complete(request as typeof hello, options))).toMatchObject({ code: 'invalid-options', message: expect.stringContaining(message) })
})

test('both samplings set give a warning event before the answer', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const { events } = await collect(evolink('kimi-k2-thinking', { baseURL: server.baseURL, apiKey, temperature: 1, topP: 0.9 }))

  expect(events[0]).toMatchObject({ type: 'warning', warning: { code: 'both-samplings' } })
})

test('a key that is missing is an error before any request, naming the variable', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('never')))
  const model = evolink('kimi-k2-thinking', { baseURL: server.baseURL, apiKeyEnv: 'CAPSTAN_TEST_NO_SUCH_KEY' })

  expect((await collect(model)).error).toMatchObject({
    code: 'missing-key',
    phase: 'setup',
    retryable: false,
    message: expect.stringContaining('CAPSTAN_TEST_NO_SUCH_KEY'),
  })
  expect((await errorOf(model.complete(hello))).attempts).toBe(0)
  expect(server.requests).toHaveLength(0)
})

test('the key is read from the environment at each call', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const model = evolink('kimi-k2-thinking', { baseURL: server.baseURL, apiKeyEnv: 'CAPSTAN_TEST_KEY' })
  for (const key of ['sk-first-000001', 'sk-second-00002']) {
    process.env['CAPSTAN_TEST_KEY'] = key
    await collect(model)
  }
  delete process.env['CAPSTAN_TEST_KEY']

  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-first-000001', 'Bearer sk-second-00002'])
})

test('openaiCompatible sends no key where none is given, keeps the query of the base URL, and passes extraBody and headers on', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const model = openaiCompatible({
    baseURL: `${server.baseURL}/?api-version=1`,
    model: 'local',
    headers: { 'X-Team': 'a' },
    extraBody: { seed: 7, temperature: 0.1 },
    temperature: 0.5,
  })
  await collect(model)

  const [request] = server.requests
  expect(request?.path).toBe('/v1/chat/completions?api-version=1')
  expect(request?.headers['authorization']).toBeUndefined()
  expect(request?.headers['x-team']).toBe('a')
  expect(request?.body).toMatchObject({ model: 'local', seed: 7, temperature: 0.1 })
  expect(model.id).toBe(`${new URL(server.baseURL).host}/local`)
})

test('an unknown model of Evolink is sent with the plain profile', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const model = evolink('kimi-k9', { baseURL: server.baseURL, apiKey, topK: 3, thinking: 'disabled' })
  await collect(model)

  expect(model.id).toBe('evolink/kimi-k9')
  expect(server.requests[0]?.body).toMatchObject({ model: 'kimi-k9', top_k: 3, thinking: { type: 'disabled' } })
})

test('ten requests in a row use one connection', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('a', 'b', 'c')))
  const model = evolink('deepseek-chat', { baseURL: server.baseURL, apiKey })
  for (let count = 0; count < 10; count++) await collect(model)

  expect(server.connections).toBe(1)
})

test('a stream that is left early is cancelled at the server', async () => {
  let onClose: (isComplete: boolean) => void = () => undefined
  const closed = new Promise<boolean>((resolve) => (onClose = resolve))
  await using server = await startProvider((response) => {
    response.on('close', () => onClose(response.writableFinished))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(delta({ content: 'a' }))
  })
  for await (const _batch of evolink('deepseek-chat', { baseURL: server.baseURL, apiKey }).stream(hello, { signal: new AbortController().signal })) break

  expect(await closed).toBe(false)
})

test('an unknown finish reason is kept and warned of', async () => {
  await using server = await startProvider((response) => sendStream(response, `${delta({ content: 'x' })}${finish('matched')}${done}`))
  const { events, reply } = await collect(evolink('deepseek-chat', { baseURL: server.baseURL, apiKey }))

  expect(reply).toMatchObject({ finishReason: 'other', rawFinishReason: 'matched' })
  expect(events).toContainEqual({ type: 'warning', warning: expect.objectContaining({ code: 'unknown-finish-reason' }) })
})

test('a stream with another content type is read all the same, with a warning', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.end(`\n\n: hello\n\n${textStream('ok')}`)
  })
  const { events, text } = await collect(evolink('deepseek-chat', { baseURL: server.baseURL, apiKey }))

  expect(text).toBe('ok')
  expect(events).toContainEqual({ type: 'warning', warning: expect.objectContaining({ code: 'content-type' }) })
})

test('usage is found on a trailing chunk without choices and inside a choice', async () => {
  await using server = await startProvider((response, _request, index) => {
    const chunk = index === 0 ? { choices: [], usage } : { choices: [{ index: 0, delta: {}, usage: { ...usage, cached_tokens: 3 } }] }
    sendStream(response, `${delta({ content: 'x' })}${finish('stop')}${frame(chunk)}${done}`)
  })
  const model = evolink('kimi-k2-thinking', { baseURL: server.baseURL, apiKey })

  expect((await collect(model)).reply?.usage).toEqual({ inputTokens: 8, outputTokens: 4, totalTokens: 12 })
  expect((await collect(model)).reply?.usage).toEqual({ inputTokens: 8, cachedInputTokens: 3, outputTokens: 4, totalTokens: 12 })
})
