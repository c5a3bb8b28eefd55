import { Agent, type Usage } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import { type ChatSettings, openaiCompatible } from './index.ts'
import { collect, errorOf, hello } from './testing/collect.ts'
import { completion, delta, done, finish, frame, type ProviderServer, sendJson, sendStream, startProvider, usage } from './testing/provider-server.ts'

function modelOf({ baseURL }: ProviderServer, settings: ChatSettings = {}) {
  return openaiCompatible({ baseURL, model: 'm', ...settings })
}

const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }

describe('a reply without a finish word', () => {
  test.each([{}, { finish_reason: '' }, { finish_reason: null }])('is complete as a JSON document (%o), with a warning, after one request', async (rest) => {
    await using server = await startProvider((response) =>
      sendJson(response, 200, { choices: [{ index: 0, message: { role: 'assistant', content: 'Paris' }, ...rest }] }),
    )
    const { reply, events } = await collect(modelOf(server))
    expect(reply).toMatchObject({ finishReason: 'stop', message: { content: [{ text: 'Paris' }] } })
    expect(reply).not.toHaveProperty('rawFinishReason')
    expect(events).toContainEqual({ type: 'warning', warning: expect.objectContaining({ code: 'no-finish-reason' }) })
    expect((await modelOf(server).complete(hello)).warnings).toEqual([expect.objectContaining({ code: 'no-finish-reason' })])
    expect(server.requests).toHaveLength(2)
  })

  test('is a reply with calls where the document has calls', async () => {
    await using server = await startProvider((response) => sendJson(response, 200, { choices: [{ message: { tool_calls: [call] } }] }))
    expect((await collect(modelOf(server))).reply).toMatchObject({ finishReason: 'tool-calls', message: { content: [{ inputText: '{"a":1}' }] } })
  })

  const usageFrame = frame({ choices: [], usage })
  test.each([
    ['text, usage and the end mark', delta({ content: 'Hi' }) + usageFrame + done, 'stop'],
    ['calls, usage and the end mark', delta({ tool_calls: [call] }) + usageFrame + done, 'tool-calls'],
    ['an empty word', delta({ content: 'Hi' }, { finish_reason: '' }) + usageFrame + done, 'stop'],
  ])('is complete as a stream with %s, with a warning', async (_name, body, finishReason) => {
    await using server = await startProvider((response) => sendStream(response, body))
    const { reply, events } = await collect(modelOf(server))
    expect(reply?.finishReason).toBe(finishReason)
    expect(events).toContainEqual({ type: 'warning', warning: expect.objectContaining({ code: 'no-finish-reason' }) })
  })

  test.each([
    ['no usage', delta({ content: 'Hi' }) + done],
    ['no end mark', delta({ content: 'Hi' }) + usageFrame],
    ['neither', delta({ content: 'Hi' })],
    ['blank text', delta({ content: ' \n' }) + usageFrame + done],
    ['reasoning only', delta({ reasoning_content: 'Hm' }) + usageFrame + done],
    ['arguments that are cut', delta({ tool_calls: [{ ...call, function: { name: 'f', arguments: '{"a":' } }] }) + usageFrame + done],
    [
      'one of two calls cut',
      delta({ content: 'x', tool_calls: [call, { index: 1, id: 'd', function: { name: 'g', arguments: '{"b"' } }] }) + usageFrame + done,
    ],
  ])('is incomplete as a stream with %s', async (_name, body) => {
    await using server = await startProvider((response) => sendStream(response, body))
    expect((await collect(modelOf(server))).error).toMatchObject({ code: 'stream-truncated', retryable: true })
  })
})

test('an unknown finish word gives a warning that names the setting for it, and the setting maps the word', async () => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'x' }) + finish('Moon-Light', usage) + done))
  const { reply, events } = await collect(modelOf(server))
  expect(reply).toMatchObject({ finishReason: 'other', rawFinishReason: 'Moon-Light' })
  const warning = events.find((event) => event.type === 'warning')?.warning
  expect(warning).toMatchObject({ code: 'unknown-finish-reason', message: expect.stringContaining("finishWords: { 'Moon-Light': 'stop' }") })

  const mapped = await collect(modelOf(server, { finishWords: { moon_light: 'length' } }))
  expect(mapped.reply).toMatchObject({ finishReason: 'length', rawFinishReason: 'Moon-Light', atOutputLimit: true })
  expect(mapped.events.some(({ type }) => type === 'warning')).toBe(false)
  const broken = await collect(modelOf(server, { finishWords: { 'MOON-LIGHT': 'overloaded' } }))
  expect(broken.error?.code).toBe('provider-overloaded')
  expect(() => modelOf(server, { finishWords: { x: 'done' as 'stop' } })).toThrow(/`finishWords.x` must be one of 'stop', 'tool-calls'/)
})

describe('a refusal', () => {
  const words = 'I cannot help with that.'
  test.each([
    ['a stream', delta({ content: null }) + delta({ refusal: 'I cannot ' }) + delta({ refusal: 'help with that.' }) + finish('stop', usage) + done],
    ['parts of the content', delta({ content: [{ type: 'refusal', refusal: words }] }) + finish('stop', usage) + done],
    ['a filtered stream', delta({ refusal: words }) + finish('content_filter', usage) + done],
  ])('in %s is content-refused with the words of the model, after one request', async (_name, body) => {
    await using server = await startProvider((response) => sendStream(response, body))
    const error = await errorOf(new Agent({ name: 'a', model: modelOf(server) }).generate('Hi'))
    expect(error).toMatchObject({ code: 'content-refused', retryable: false, providerMessage: words, message: expect.stringContaining(words) })
    expect((await collect(modelOf(server))).error?.usage).toMatchObject({ totalTokens: 12 })
    expect(server.requests).toHaveLength(2)
  })

  test('in a document is content-refused too', async () => {
    await using server = await startProvider((response) => sendJson(response, 200, completion({ content: null, refusal: words })))
    expect(await errorOf(modelOf(server).complete(hello))).toMatchObject({ code: 'content-refused', providerMessage: words, attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test('beside text is a warning, and one of another candidate is its text', async () => {
    await using server = await startProvider((response, _request, index) => {
      if (index === 0) return sendStream(response, delta({ content: 'Half. ', refusal: words }) + finish('stop', usage) + done)
      const choices = [
        { index: 0, message: { content: 'Yes.' }, finish_reason: 'stop' },
        { index: 1, message: { content: null, refusal: words }, finish_reason: 'stop' },
      ]
      sendJson(response, 200, { choices, usage })
    })
    const { events, text } = await collect(modelOf(server))
    expect(text).toBe('Half. ')
    expect(events).toContainEqual({ type: 'warning', warning: { code: 'refusal', message: expect.stringContaining(words) } })
    expect((await modelOf(server, { n: 2 }).complete(hello)).candidates[1]?.message.content).toBe(words)
  })
})

test.each<[string, readonly object[], Usage]>([
  [
    'reasoning beside the output, by the total',
    [{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 115, completion_tokens_details: { reasoning_tokens: 100 } }],
    { inputTokens: 10, outputTokens: 105, reasoningTokens: 100, totalTokens: 115 },
  ],
  [
    'more reasoning than output, without a total',
    [{ prompt_tokens: 10, completion_tokens: 5, reasoning_tokens: 100 }],
    { inputTokens: 10, outputTokens: 105, reasoningTokens: 100 },
  ],
  [
    'thinking that only the total counts',
    [{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 40 }],
    { inputTokens: 10, outputTokens: 30, totalTokens: 40 },
  ],
  [
    'reasoning inside the output',
    [{ prompt_tokens: 10, completion_tokens: 50, total_tokens: 60, completion_tokens_details: { reasoning_tokens: 30 } }],
    { inputTokens: 10, outputTokens: 50, reasoningTokens: 30, totalTokens: 60 },
  ],
  [
    'a total that leaves something out',
    [{ prompt_tokens: 10, completion_tokens: 50, total_tokens: 20 }],
    { inputTokens: 10, outputTokens: 50, totalTokens: 20 },
  ],
  ['zeros after real counts', [usage, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }], { inputTokens: 8, outputTokens: 4, totalTokens: 12 }],
  [
    'a later zero beside a later count',
    [
      { ...usage, cached_tokens: 3 },
      { prompt_tokens: 8, completion_tokens: 5, total_tokens: 13, cached_tokens: 0 },
    ],
    { inputTokens: 8, cachedInputTokens: 3, outputTokens: 5, totalTokens: 13 },
  ],
  ['nothing but zeros', [{ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }], {}],
  ['cached tokens of Mistral', [{ ...usage, num_cached_tokens: 6 }], { inputTokens: 8, cachedInputTokens: 6, outputTokens: 4, totalTokens: 12 }],
  [
    'cached tokens under a singular name',
    [{ ...usage, prompt_token_details: { cached_tokens: 6 } }],
    { inputTokens: 8, cachedInputTokens: 6, outputTokens: 4, totalTokens: 12 },
  ],
  [
    'a flat 0 beside details',
    [{ ...usage, cached_tokens: 0, prompt_tokens_details: { cached_tokens: 6 } }],
    { inputTokens: 8, cachedInputTokens: 6, outputTokens: 4, totalTokens: 12 },
  ],
  ['names of another API', [{ input_tokens: 8, output_tokens: 4 }], { inputTokens: 8, outputTokens: 4 }],
  [
    'both names, one of them zero',
    [{ ...usage, input_tokens: 0, output_tokens: 0, input_tokens_details: null }],
    { inputTokens: 8, outputTokens: 4, totalTokens: 12 },
  ],
])('usage: %s', async (_name, usages, expected) => {
  const chunks = usages.map((one) => frame({ choices: [], usage: one })).join('')
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'x' }) + finish('stop') + chunks + done))
  expect((await collect(modelOf(server))).reply?.usage).toEqual(expected)
})

test("Groq's usage counts once", async () => {
  const body = delta({ content: 'x' }) + frame({ x_groq: { usage }, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  await using server = await startProvider((response) => sendStream(response, body + frame({ choices: [], usage }) + done))
  expect((await collect(modelOf(server))).reply?.usage).toEqual({ inputTokens: 8, outputTokens: 4, totalTokens: 12 })
})

describe('characters that a server cuts in half', () => {
  const half = (fields: string): string => `data: {"choices":[{"index":0,"delta":${fields}}]}\n\n`
  const argumentsOf = (text: string): string => half(`{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"${text}"}}]}`)

  test.each([
    ['text', half('{"content":"x\\ud83d"}') + half('{"content":"\\ude00y"}'), ['x', '😀y'], 'x😀y'],
    ['text with nothing between', half('{"content":"\\ud83d"}') + half('{"content":""}') + half('{"content":"\\ude00"}'), ['😀'], '😀'],
    ['reasoning', half('{"reasoning_content":"x\\ud83d"}') + half('{"reasoning_content":"\\ude00y"}'), ['x', '😀y'], 'x😀y'],
    ['reasoning details', half('{"reasoning_details":[{"text":"\\ud83d"}]}') + half('{"reasoning_details":[{"text":"\\ude00"}]}'), ['😀'], '😀'],
    ['arguments', argumentsOf('{\\"a\\":\\"\\ud83d') + argumentsOf('\\ude00\\"}'), ['{"a":"', '😀"}'], '{"a":"😀"}'],
    ['a half that never gets its other one', half('{"content":"x\\ud83d"}'), ['x', '\ufffd'], 'x\ufffd'],
    ['a half in the middle', half('{"content":"x\\ud83dy"}'), ['x\ufffdy'], 'x\ufffdy'],
    ['a second half first', half('{"content":"\\ude00y"}'), ['\ufffdy'], '\ufffdy'],
  ])('come as complete ones: %s', async (_name, body, deltas, whole) => {
    await using server = await startProvider((response) => sendStream(response, body + finish('stop', usage) + done))
    const { events, reply } = await collect(modelOf(server))
    const shown = events.flatMap((event) => ('delta' in event ? [event.delta] : [])).filter((piece) => piece !== '')
    expect(shown).toEqual(deltas)
    expect(shown.every((piece) => piece.isWellFormed())).toBe(true)
    expect(JSON.stringify(reply?.message.content)).toContain(JSON.stringify(whole).slice(1, -1))
  })

  test('a halved character before the beginning of a possible tag is joined', async () => {
    const body = half('{"content":"\\ud83d"}') + half('{"content":"\\ude00<|tool"}') + half('{"content":" is a word"}')
    await using server = await startProvider((response) => sendStream(response, body + finish('stop', usage) + done))
    const tools = [{ name: 'f', description: 'F.', inputSchema: { type: 'object' } }]
    expect((await collect(modelOf(server), { ...hello, tools })).text).toBe('😀<|tool is a word')
  })
})

test.each(['""', 'false', 'null', '0', '{}', '[]', '{"code":0,"message":""}'])('an error field without content (%s) is ignored', async (error) => {
  const chunk = `data: {"error":${error},"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n`
  await using server = await startProvider((response, { body }) => {
    if (body['stream'] === true) sendStream(response, chunk + finish('stop', usage) + done)
    else sendJson(response, 200, `{"error":${error},"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop","error":${error}}]}`)
  })
  expect((await collect(modelOf(server))).text).toBe('Hi')
  expect((await collect(modelOf(server, { stream: false }))).text).toBe('Hi')
})

test.each([
  ['inside a choice', frame({ choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { code: 429, message: 'slow down' } }] })],
  ['as a separate line', 'error: {"code":429,"message":"slow down"}\n\n'],
  ['as a line of JSON', '{"error":{"code":429,"message":"slow down"}}\n'],
  ['in a named event', 'event: error\ndata: {"message":"slow down","code":429}\n\n'],
])('an error %s keeps its class and its words', async (_name, body) => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'par' }) + body))
  expect((await collect(modelOf(server))).error).toMatchObject({ code: 'rate-limited', providerMessage: 'slow down', retryable: true })
})

test('an error inside the choice of a document keeps its class and its message', async () => {
  const choice = { index: 0, message: { content: '' }, finish_reason: 'error', error: { code: 402, message: 'Insufficient credits' } }
  await using server = await startProvider((response) => sendJson(response, 200, { choices: [choice] }))
  expect(await errorOf(modelOf(server).complete(hello))).toMatchObject({ code: 'quota-exhausted', providerMessage: 'Insufficient credits', attempts: 1 })
})

test('the error of MiniMax inside a 200 is read', async () => {
  await using server = await startProvider((response) =>
    sendJson(response, 200, { choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
  )
  expect((await collect(modelOf(server))).error).toMatchObject({ code: 'quota-exhausted', providerMessage: 'insufficient balance' })
})

test('an empty function_call beside text is ignored', async () => {
  await using server = await startProvider((response) =>
    sendStream(response, delta({ content: 'Hi', function_call: { name: '', arguments: '' } }) + finish('stop', usage) + done),
  )
  expect((await collect(modelOf(server))).reply?.message.content).toEqual([{ type: 'text', text: 'Hi' }])
})
