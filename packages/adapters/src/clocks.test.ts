import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { evolink } from './index.ts'
import { defaultClocks, defaultLimits } from './profiles/plain.ts'
import { collect, hello } from './testing/collect.ts'
import { delta, done, finish, type ProviderServer, sendStream, startProvider, startRawServer, textStream } from './testing/provider-server.ts'

const apiKey = 'sk-test-0123456789'

function chat(server: ProviderServer, timeouts: Record<string, number> = {}, rest: { stream?: boolean } = {}) {
  return evolink('deepseek-chat', { baseURL: server.baseURL, apiKey, timeouts, ...rest })
}

/** Starts a stream, writes `first`, then `beat` every 20 ms, for ever. */
async function startBeating(first: string, beat: string): Promise<ProviderServer> {
  return await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(first === '' ? ': hello\n\n' : first)
    const timer = setInterval(() => response.write(beat), 20)
    response.on('close', () => clearInterval(timer))
  })
}

test('the default clocks and limits are the documented ones', () => {
  expect(defaultClocks).toEqual({ connectMs: 10_000, headersMs: 60_000, firstContentMs: 120_000, queuedMs: 600_000, gapMs: 300_000, bytesMs: 60_000 })
  expect(defaultLimits).toEqual({ eventBytes: 8_388_608, responseBytes: 67_108_864, toolInputBytes: 4_194_304, toolCalls: 128 })
})

test('a server that never answers runs into the headers clock', async () => {
  await using server = await startRawServer(() => undefined)
  const { error, ms } = await collect(chat(server, { headersMs: 80 }))

  expect(error).toMatchObject({ code: 'headers-timeout', phase: 'headers', retryable: true, message: expect.stringContaining('timeouts.headersMs') })
  expect(ms).toBeLessThan(2_000)
})

test('not streaming, the headers may take as long as the first content', async () => {
  await using server = await startRawServer(() => undefined)
  const { error } = await collect(chat(server, { headersMs: 20, firstContentMs: 120 }, { stream: false }))

  expect(error).toMatchObject({ code: 'headers-timeout' })
  expect(error?.message).toContain('120 ms')
})

test('headers and then nothing run into the clock of the first content', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
  })
  const { error } = await collect(chat(server, { firstContentMs: 80 }))

  expect(error).toMatchObject({ code: 'first-content-timeout', phase: 'first', retryable: true })
})

test.each([
  ['comments', ': keep-alive\n\n'],
  ['blank lines', '\n'],
  ['events without content', delta({ content: '' })],
])('%s before the first content do not hold off the queue clock', async (_name, beat) => {
  await using server = await startBeating('', beat)
  const { error, ms } = await collect(chat(server, { firstContentMs: 5_000, queuedMs: 150, bytesMs: 1_000 }))

  expect(error).toMatchObject({ code: 'first-content-timeout', phase: 'first', message: expect.stringContaining('timeouts.queuedMs') })
  expect(ms).toBeLessThan(2_000)
})

test('keep-alives lengthen the wait for the first content', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let beats = 0
    const timer = setInterval(() => {
      response.write(': keep-alive\n\n')
      if (++beats < 15) return
      clearInterval(timer)
      response.end(textStream('late'))
    }, 20)
  })
  const { text, ms } = await collect(chat(server, { firstContentMs: 100, bytesMs: 1_000 }))

  expect(text).toBe('late')
  expect(ms).toBeGreaterThan(150)
})

test('silence after a keep-alive runs into the clock of bytes', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': keep-alive\n\n')
  })
  const { error } = await collect(chat(server, { bytesMs: 60 }))

  expect(error).toMatchObject({ code: 'first-content-timeout', message: expect.stringContaining('timeouts.bytesMs') })
})

test('silence after content runs into the gap clock', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(delta({ content: 'a' }))
  })
  const { error, text } = await collect(chat(server, { gapMs: 80 }))

  expect(text).toBe('a')
  expect(error).toMatchObject({ code: 'stream-timeout', phase: 'stream', retryable: true })
})

test('keep-alives after content do not hold off the gap clock', async () => {
  await using server = await startBeating(delta({ content: 'a' }), ': keep-alive\n\n')
  expect((await collect(chat(server, { gapMs: 120, bytesMs: 1_000 }))).error).toMatchObject({ code: 'stream-timeout', phase: 'stream' })
})

test('content that keeps coming is never cut', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let count = 0
    const timer = setInterval(() => {
      response.write(delta({ content: 'x' }))
      if (++count < 15) return
      clearInterval(timer)
      response.end(finish('stop') + done)
    }, 20)
  })
  const { text } = await collect(chat(server, { gapMs: 100, firstContentMs: 100 }))

  expect(text).toBe('x'.repeat(15))
})

test('time in which the consumer does not ask is not silence', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(delta({ content: 'a' }))
    // The rest is there long before it is asked for, and the socket stays open until then.
    setTimeout(() => response.end(delta({ content: 'b' }) + finish('stop') + done), 20)
  })
  let text = ''
  for await (const batch of chat(server, { gapMs: 100 }).stream(hello, { signal: new AbortController().signal })) {
    for (const event of batch) if (event.type === 'text-delta') text += event.delta
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  expect(text).toBe('ab')
})

test('blank lines before a completion in one piece are keep-alives', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write('\n'), 20)
    response.on('close', () => clearInterval(timer))
  })
  const { error } = await collect(chat(server, { queuedMs: 120, bytesMs: 1_000 }, { stream: false }))
  expect(error).toMatchObject({ code: 'first-content-timeout', message: expect.stringContaining('timeouts.queuedMs') })
})

test.each([
  ['before it starts', undefined],
  ['before the headers', 'request'],
  ['before the first content', 'headers'],
  ['in the text', 'text'],
] as const)('an abort %s ends at once, destroys the socket and leaves no listener', async (_name, stage) => {
  const controller = new AbortController()
  const reason = new Error('enough')
  let abortedAt = 0
  const abort = (): void => {
    abortedAt = performance.now()
    controller.abort(reason)
  }
  let isClosed: () => void = () => undefined
  const closed = new Promise<void>((resolve) => (isClosed = resolve))
  await using server = await startProvider((response) => {
    response.on('close', isClosed)
    if (stage === 'request') return void setImmediate(abort)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    if (stage === 'text') response.write(delta({ content: 'a' }))
    setTimeout(abort, 30)
  })
  if (stage === undefined) abort()
  const { error } = await collect(chat(server), hello, controller.signal)

  expect(performance.now() - abortedAt).toBeLessThan(50)
  expect(error).toMatchObject({ code: 'aborted', retryable: false, cause: reason })
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  if (stage === undefined) expect(server.requests).toHaveLength(0)
  else await closed
})

test('one signal for many requests gathers no listeners', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('a')))
  const { signal } = new AbortController()
  for (let count = 0; count < 50; count++) await collect(chat(server), hello, signal)

  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('aborting complete() while it waits for a retry is an AgentError', async () => {
  const controller = new AbortController()
  await using server = await startProvider((response) => {
    response.writeHead(503, { 'retry-after': '30' })
    response.end(() => setTimeout(() => controller.abort(), 20))
  })
  await expect(chat(server).complete(hello, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
})
