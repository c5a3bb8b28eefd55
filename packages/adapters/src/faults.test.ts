import { createServer } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { evolink } from './index.ts'
import { collect, hello } from './testing/collect.ts'
import {
  delta,
  done,
  finish,
  frame,
  type ProviderServer,
  sendJson,
  sendStream,
  startProvider,
  startRawServer,
  textStream,
  usage,
} from './testing/provider-server.ts'

const apiKey = 'sk-test-0123456789'
const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'

function chat(server: ProviderServer, settings: Parameters<typeof evolink<'deepseek-chat'>>[1] = {}) {
  return evolink('deepseek-chat', { baseURL: server.baseURL, apiKey, ...settings })
}

function chunked(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
}

test.each([
  ['a reset before the headers', (): string => '', 'reset', { code: 'network-reset', phase: 'headers', retryable: true }],
  ['a close before the headers', (): string => '', 'end', { code: 'network-reset', phase: 'headers', retryable: true }],
  ['garbage instead of HTTP', (): string => 'SSH-2.0-OpenSSH_9.6\r\n', 'keep', { code: 'network-protocol', phase: 'headers', retryable: true }],
  ['a reset in the headers', (): string => 'HTTP/1.1 200 OK\r\ncontent-ty', 'reset', { code: 'network-reset', phase: 'headers', retryable: true }],
  ['a reset after the headers', (): string => streamHead, 'reset', { code: 'network-reset', phase: 'first', retryable: true }],
  [
    'a reset in the middle of the text',
    (): string => streamHead + chunked(delta({ content: 'a' })),
    'reset',
    { code: 'network-reset', phase: 'stream', retryable: true },
  ],
  [
    'a close in the middle of the text',
    (): string => streamHead + chunked(delta({ content: 'a' })),
    'end',
    { code: 'network-reset', phase: 'stream', retryable: true },
  ],
  [
    'a reset after the finish reason',
    (): string => streamHead + chunked(delta({ content: 'a' }) + finish('stop')),
    'reset',
    { code: 'network-reset', phase: 'finish', retryable: true },
  ],
] as const)('%s is a typed error', async (_name, bytes, end, expected) => {
  await using server = await startRawServer((socket) => {
    socket.write(bytes(), () => {
      // The client must have read what came before.
      setImmediate(() => (end === 'reset' ? socket.resetAndDestroy() : end === 'end' ? socket.end() : undefined))
    })
  })
  const { error, reply } = await collect(chat(server))

  expect(error).toMatchObject(expected)
  expect(reply).toBeUndefined()
})

test('a refused connection is named, with a hint when a proxy variable is set and not used', async () => {
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const address = closed.address()
  await new Promise((resolve) => closed.close(resolve))
  const port = typeof address === 'object' ? address?.port : 0
  process.env['HTTPS_PROXY'] = 'http://user:secret@proxy:1'
  const { error } = await collect(evolink('deepseek-chat', { baseURL: `http://127.0.0.1:${port}/v1`, apiKey }))
  delete process.env['HTTPS_PROXY']

  expect(error).toMatchObject({ code: 'network-refused', phase: 'connect', retryable: true })
  expect(error?.message).toContain('HTTPS_PROXY')
  expect(error?.message).not.toContain('secret')
})

test('text without a finish reason is truncated, with the usage that was told', async () => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'a' }) + frame({ choices: [], usage })))
  const { error, text } = await collect(chat(server))

  expect(text).toBe('a')
  expect(error).toMatchObject({ code: 'stream-truncated', retryable: true, phase: 'stream', usage: { inputTokens: 8, outputTokens: 4 } })
})

test('[DONE] without a finish reason is truncated', async () => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'a' }) + done))
  expect((await collect(chat(server))).error?.code).toBe('stream-truncated')
})

test('complete arguments without a finish reason give no reply', async () => {
  const call = { index: 0, id: 'c', function: { name: 'pay', arguments: '{}' } }
  await using server = await startProvider((response) => sendStream(response, delta({ tool_calls: [call] })))
  const { error, reply } = await collect(chat(server))

  expect(error?.code).toBe('stream-truncated')
  expect(reply).toBeUndefined()
})

test('a finish reason is enough without [DONE]', async () => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'a' }) + finish('stop')))
  expect((await collect(chat(server))).reply?.finishReason).toBe('stop')
})

test('what comes after [DONE] is ignored', async () => {
  await using server = await startProvider((response) =>
    sendStream(response, textStream('a') + delta({ content: 'b' }) + frame({ error: { message: 'late' } })),
  )
  const { text, error } = await collect(chat(server))

  expect([text, error]).toEqual(['a', undefined])
})

test('a socket that stays open after [DONE] is not waited for', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(textStream('a'))
  })
  const { text, ms } = await collect(chat(server))

  expect(text).toBe('a')
  expect(ms).toBeLessThan(1_500)
})

test('a stream that stays open after the finish reason is complete', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(delta({ content: 'a' }) + finish('stop'))
  })
  expect((await collect(chat(server, { timeouts: { gapMs: 50 } }))).reply?.finishReason).toBe('stop')
})

test('an answer that DeepSeek interrupts for lack of resources is worth a retry', async () => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'a' }) + finish('insufficient_system_resource', usage) + done))
  const { error } = await collect(chat(server))

  expect(error).toMatchObject({ code: 'provider-overloaded', retryable: true, phase: 'finish', usage: { outputTokens: 4 } })
})

test('a login page with status 200 is named, with its beginning, and not asked again', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(`<html>\n  <title>Sign in</title>${'x'.repeat(5_000)}</html>`)
  })
  const { error } = await collect(chat(server))

  expect(error).toMatchObject({ code: 'unexpected-content', retryable: false, status: 200 })
  expect(error?.providerMessage).toMatch(/^<html> <title>Sign in<\/title>x+…$/)
  expect(error?.providerMessage?.length).toBeLessThan(220)
})

test.each([
  ['as JSON with status 200', (): string => '{"error":{"message":"slow down","type":"rate_limit_reached_error"}}', { code: 'rate-limited', retryable: true }],
  ['as the first event', (): string => frame({ error: { message: 'boom', code: 503 } }), { code: 'provider-overloaded', phase: 'first', retryable: true }],
  ['after text', (): string => delta({ content: 'a' }) + frame({ error: { message: 'boom' } }), { code: 'provider-failed', phase: 'stream', retryable: true }],
  ['as an event named error', (): string => 'event: error\ndata: it broke\n\n', { code: 'provider-failed', providerMessage: 'it broke' }],
  ['with a code inside 200', (): string => '{"code":401,"msg":"bad key"}', { code: 'auth-failed', retryable: false }],
] as const)('an error that comes %s is mapped', async (_name, body, expected) => {
  await using server = await startProvider((response) => sendStream(response, body()))
  expect((await collect(chat(server))).error).toMatchObject(expected)
})

test.each([
  ['not JSON', frame('{"choices": [')],
  ['not an object', frame('[1]')],
  ['content that is a number', delta({ content: 7 })],
  ['tool calls that are no array', delta({ tool_calls: {} })],
  ['choices that are no array', frame({ choices: 'none' })],
])('a frame that is malformed (%s) is an error, never skipped', async (_name, bad) => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'a' }) + bad + finish('stop') + done))
  expect((await collect(chat(server))).error).toMatchObject({ code: 'stream-malformed', phase: 'stream', retryable: true })
})

test('an envelope around the answer is refused for good', async () => {
  await using server = await startProvider((response) => sendStream(response, frame({ data: { choices: [] }, success: true })))
  expect((await collect(chat(server))).error).toMatchObject({ code: 'stream-malformed', retryable: false })
})

test('half a completion in one piece is truncated', async () => {
  await using server = await startProvider((response) => sendJson(response, 200, '{"id":"1","choices":[{"message":{"content":"Hel'))
  expect((await collect(chat(server, { stream: false }))).error).toMatchObject({ code: 'stream-truncated', retryable: true })
})

test('an empty body is truncated', async () => {
  await using server = await startProvider((response) => sendStream(response, '\n\n: keep-alive\n\n'))
  expect((await collect(chat(server))).error).toMatchObject({ code: 'stream-truncated', retryable: true })
})

test('an error page of 2 MB is read for its beginning and then cancelled', async () => {
  let written = 0
  await using server = await startProvider((response) => {
    response.writeHead(502, { 'content-type': 'text/html' })
    const page = Buffer.alloc(16 * 1024, 'x')
    const more = (): void => {
      while (written < 64 * 1024 * 1024 && !response.destroyed) {
        written += page.length
        if (!response.write(page)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  const { error } = await collect(chat(server))

  expect(error).toMatchObject({ code: 'provider-overloaded', status: 502, retryable: true })
  expect(error?.providerMessage?.length).toBeLessThan(220)
  expect(written).toBeLessThan(16 * 1024 * 1024)
})

test('an error whose body never ends keeps its status', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(500, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"error"')
    response.socket?.resetAndDestroy()
  })
  const { error } = await collect(chat(server))
  expect(['provider-failed', 'network-reset']).toContain(error?.code)
})

test('a redirect is not followed', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(307, { location: 'https://elsewhere.example/v1/chat/completions?token=secret' })
    response.end()
  })
  const { error } = await collect(chat(server))

  expect(error).toMatchObject({ code: 'network-redirect', retryable: false, status: 307 })
  expect(error?.message).toContain('https://elsewhere.example')
  expect(error?.message).not.toContain('secret')
  expect(server.requests).toHaveLength(1)
})

test('a compressed answer that was not asked for is refused', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    response.end('abc')
  })
  expect((await collect(chat(server))).error).toMatchObject({ code: 'network-protocol' })
  expect(server.requests[0]?.headers['accept-encoding']).toBe('identity')
})

test.each([
  ['an event', { eventBytes: 1_000 }, delta({ content: 'x'.repeat(2_000) }) + finish('stop') + done],
  ['an event that never ends', { eventBytes: 1_000 }, `data: ${'x'.repeat(200_000)}`],
  ['the whole answer', { responseBytes: 1_000 }, textStream(...Array.from({ length: 100 }, () => 'word'))],
  ['the arguments of a call', { toolInputBytes: 100 }, delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: 'x'.repeat(101) } }] })],
  [
    'the number of calls',
    { toolCalls: 2 },
    delta({ tool_calls: [0, 1, 2].map((index) => ({ index, id: `c${index}`, function: { name: 'f', arguments: '' } })) }),
  ],
])('%s over its limit is refused', async (_name, limits, body) => {
  await using server = await startProvider((response) => sendStream(response, body))
  const { error, reply } = await collect(chat(server, { limits }))

  expect(error).toMatchObject({ code: 'response-too-large', retryable: false })
  expect(reply).toBeUndefined()
})

test('a consumer that is slow holds the server back', async () => {
  let written = 0
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const event = delta({ content: 'x'.repeat(1_000) })
    const more = (): void => {
      while (written < 64 * 1024 * 1024) {
        written += event.length
        if (!response.write(event)) return void response.once('drain', more)
      }
    }
    more()
  })
  const iterator = chat(server).stream(hello, { signal: new AbortController().signal })[Symbol.asyncIterator]()
  await iterator.next()
  // The consumer does not pull; a few turns of the event loop are enough for the server to fill all buffers between.
  let before = -1
  while (before !== written) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await iterator.return?.()

  expect(written).toBeLessThan(32 * 1024 * 1024)
})

test('cut at every byte, a stream gives its complete answer or a typed error and a prefix', async () => {
  const call = { index: 0, id: 'c', function: { name: 'pay', arguments: '{"to":"Zoë 😀"}' } }
  const whole = Buffer.from(delta({ content: 'Grüße 😀' }) + delta({ tool_calls: [call] }) + finish('tool_calls', usage) + done)
  const finishedAt = whole.indexOf('"finish_reason":"tool_calls"')
  let at = 0
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(whole.subarray(0, at))
  })
  const model = chat(server)
  for (at = 0; at <= whole.length; at++) {
    const { reply, error, text } = await collect(model)
    expect('Grüße 😀'.startsWith(text)).toBe(true)
    if (reply === undefined) expect(error).toMatchObject({ code: 'stream-truncated', retryable: true })
    else {
      expect(at).toBeGreaterThan(finishedAt)
      expect(reply.message.content).toMatchObject([{ text: 'Grüße 😀' }, { toolName: 'pay', inputText: '{"to":"Zoë 😀"}' }])
    }
  }
  expect(server.connections).toBe(1)
})

test('a dispatcher that is handed in is used, and one that throws is named', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('a')))
  let dispatched = 0
  const agent = new Agent()
  const counting = agent.compose((dispatch) => (options, handler) => {
    dispatched++
    return dispatch(options, handler)
  })
  expect((await collect(chat(server, { dispatcher: counting }))).text).toBe('a')
  expect(dispatched).toBe(1)
  await agent.close()

  const broken = {
    dispatch: () => {
      throw new TypeError('no')
    },
  } as unknown as Dispatcher
  expect((await collect(chat(server, { dispatcher: broken }))).error).toMatchObject({ code: 'internal', cause: new TypeError('no') })
  expect(() => chat(server, { dispatcher: {} as Dispatcher })).toThrow(/`dispatcher` must be/)
})
