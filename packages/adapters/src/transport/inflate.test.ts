import { brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openaiCompatible } from '../index.ts'
import { collect } from '../testing/collect.ts'
import { startProvider, textStream } from '../testing/provider-server.ts'

const encodings = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
] as const

describe.each(encodings)('%s', (encoding, compress) => {
  test('an answer that a proxy compressed is read, however it is cut', async () => {
    const body = compress(textStream('Grüße ', 'aus ', 'Oslo 🌧'))
    await using server = await startProvider((response, _request, index) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding })
      if (index === 0) return void response.end(body)
      for (const byte of body) response.write(Buffer.from([byte]))
      response.end()
    })
    const model = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
    for (let count = 0; count < 2; count++) expect((await collect(model)).text).toBe('Grüße aus Oslo 🌧')
  })

  test('one that is broken or cut is a typed error worth a retry', async () => {
    const body = compress(textStream('x'.repeat(5_000)))
    await using server = await startProvider((response, _request, index) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding })
      const half = body.subarray(0, body.length >> 1)
      response.end(index === 0 ? half : Buffer.concat([half, Buffer.from('garbage and more garbage'), half]))
    })
    const model = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
    for (let count = 0; count < 2; count++) expect((await collect(model)).error).toMatchObject({ code: 'network-protocol', retryable: true })
  })

  test('a refusal is read too', async () => {
    await using server = await startProvider((response) => {
      response.writeHead(402, { 'content-type': 'application/json', 'content-encoding': encoding })
      response.end(compress('{"error":{"message":"Insufficient Balance"}}'))
    })
    expect((await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm' }))).error).toMatchObject({
      code: 'quota-exhausted',
      providerMessage: 'Insufficient Balance',
    })
  })
})

test('a small body that holds a large one is cut off at the limit', async () => {
  const bomb = gzipSync(`data: ${' '.repeat(20_000_000)}\n\n`)
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    response.end(bomb)
  })
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', limits: { responseBytes: 1_000_000 } })
  expect((await collect(model)).error).toMatchObject({ code: 'response-too-large', retryable: false })
})

test('a compressed stream is shown as it comes, not at its end', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    const gzip = createGzip()
    gzip.pipe(response)
    gzip.write(textStream('first').split('data: {"id":"c1","choices":[{"index":0,"delta":{},"finish')[0])
    gzip.flush()
  })
  const controller = new AbortController()
  for await (const events of openaiCompatible({ baseURL: server.baseURL, model: 'm' }).stream({ messages: [{ role: 'user', content: 'Hi' }] }, controller)) {
    if (events.some(({ type }) => type === 'text-delta')) break
  }
  expect(server.requests).toHaveLength(1)
})

test('an encoding that cannot be read is an error', async () => {
  await using server = await startProvider((response) => {
    response.writeHead(200, { 'content-encoding': 'zstd' })
    response.end('x')
  })
  expect((await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm' }))).error).toMatchObject({ code: 'network-protocol', retryable: false })
})
