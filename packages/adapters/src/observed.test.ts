import { gzipSync } from 'node:zlib'
import { Agent, type ExchangeObserver, type ObservedRequest } from '@capstan/core'
import { expect, test } from 'vitest'
import { type ChatSettings, openaiCompatible } from './index.ts'
import { collect, hello } from './testing/collect.ts'
import { completion, delta, done, finish, sendJson, sendStream, startProvider, textStream, usage } from './testing/provider-server.ts'

const key = 'canary-4f9a1b2c3d4e5f60718293a4b5c6d7e8'

interface Seen {
  readonly request: Omit<ObservedRequest, 'body'> & { readonly body: string }
  status?: number
  headers?: Readonly<Record<string, string>>
  readonly chunks: Buffer[]
  readonly times: number[]
  end?: string
}

/** Keeps copies of everything. */
function recorder(): { readonly seen: Seen[]; readonly observer: ExchangeObserver } {
  const seen: Seen[] = []
  const observer: ExchangeObserver = {
    onRequest: (request) => {
      const one: Seen = { request: { ...request, body: Buffer.from(request.body).toString() }, chunks: [], times: [request.at] }
      seen.push(one)
      return {
        onHeaders: (status, headers, at) => void Object.assign(one, { status, headers, at: one.times.push(at) }),
        onChunk: (chunk, at) => void [one.chunks.push(Buffer.from(chunk)), one.times.push(at)],
        onEnd: (at) => void Object.assign(one, { end: `${one.end ?? ''}end`, at: one.times.push(at) }),
        onError: ({ code }, at) => void Object.assign(one, { end: `${one.end ?? ''}${code}`, at: one.times.push(at) }),
      }
    },
  }
  return { seen, observer }
}

function modelOf(baseURL: string, settings: ChatSettings = {}) {
  return openaiCompatible({ baseURL, model: 'm', apiKey: key, ...settings })
}

test('an observer sees the bytes of requests and responses, with times, and nothing of it changes the reply', async () => {
  const body = textStream('Hel', 'lo')
  await using server = await startProvider((response, _request, index) => {
    if (index === 0) return sendStream(response.setHeader('x-request-id', 'r1'), body)
    sendJson(response, 200, completion({ content: 'Hi' }))
  })
  const { seen, observer } = recorder()
  const model = modelOf(server.baseURL).observed?.(observer)
  if (model === undefined) throw new Error('It has no observed().')
  const before = performance.timeOrigin + performance.now()
  expect((await collect(model)).text).toBe('Hello')
  expect((await model.complete(hello)).message.content).toEqual([{ type: 'text', text: 'Hi' }])

  const [stream, document] = seen
  expect(stream?.request).toMatchObject({ url: `${server.baseURL}/chat/completions`, method: 'POST', headers: { accept: 'text/event-stream' } })
  expect(stream?.request.body).toBe(server.requests[0]?.text)
  expect(stream).toMatchObject({ status: 200, headers: { 'x-request-id': 'r1' }, end: 'end' })
  expect(Buffer.concat(stream?.chunks ?? []).toString()).toBe(body)
  expect(document).toMatchObject({ status: 200, end: 'end' })
  const times = seen.flatMap((one) => one.times)
  expect(times).toEqual(times.toSorted((left, right) => left - right))
  expect(times[0]).toBeGreaterThanOrEqual(before - 1)
})

test('every attempt of a run is an exchange; bodies that were compressed are seen as they came', async () => {
  const packed = gzipSync(textStream('ok'))
  await using server = await startProvider((response, _request, index) => {
    if (index === 0) return sendJson(response, 503, { error: { message: 'busy' } })
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    response.end(packed)
  })
  const { seen, observer } = recorder()
  const model = modelOf(server.baseURL).observed?.(observer)
  if (model === undefined) throw new Error('It has no observed().')
  expect((await new Agent({ name: 'a', model }).generate('Hi')).text).toBe('ok')
  expect(seen.map(({ status, end }) => [status, end])).toEqual([
    [503, 'end'],
    [200, 'end'],
  ])
  expect(Buffer.concat(seen[1]?.chunks ?? [])).toEqual(packed)
})

test('a broken exchange, an abort and a stream that is left end with an error', async () => {
  const controller = new AbortController()
  await using server = await startProvider((response, _request, index) => {
    if (index === 0) return void response.destroy()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(delta({ content: 'a' }))
    if (index === 1) setTimeout(() => controller.abort(), 20)
  })
  const { seen, observer } = recorder()
  const model = modelOf(server.baseURL).observed?.(observer)
  if (model === undefined) throw new Error('It has no observed().')
  await collect(model)
  await collect(model, hello, controller.signal)
  for await (const _events of model.stream(hello, { signal: new AbortController().signal })) break
  expect(seen.map(({ end }) => end)).toEqual(['network-reset', 'aborted', 'aborted'])
})

test('credentials never reach an observer', async () => {
  await using server = await startProvider((response) => sendStream(response, delta({ content: 'x' }) + finish('stop', usage) + done))
  const { seen, observer } = recorder()
  const headers = { 'x-goog-user': 'plain', 'X-Vault': `v-${key}`, cookie: `s=${key}`, 'x-team': 'blue' }
  const model = modelOf(`${server.baseURL}?api-key=${key}&api-version=1`, { headers }).observed?.(observer)
  if (model === undefined) throw new Error('It has no observed().')
  await collect(model)
  expect(server.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${key}`, 'x-vault': `v-${key}` })
  expect(JSON.stringify(seen.map(({ request }) => request))).not.toContain(key)
  expect(seen[0]?.request.headers).not.toHaveProperty('authorization')
  expect(seen[0]?.request.headers).toMatchObject({ cookie: '[redacted]', 'x-vault': '[redacted]', 'x-team': 'blue' })
  expect(seen[0]?.request.url).toContain('api-version=1')
})

test('observers are added to those that a model has, and one that throws neither breaks a run nor silences the others', async () => {
  await using server = await startProvider((response) => sendStream(response, textStream('ok')))
  const { seen, observer } = recorder()
  const fail = (): never => {
    throw new Error('no')
  }
  const broken: ExchangeObserver = { onRequest: fail }
  const later: ExchangeObserver = { onRequest: () => ({ onHeaders: fail, onChunk: fail, onEnd: fail, onError: fail }) }
  const model = modelOf(server.baseURL)
    .observed?.(broken)
    .observed?.(later)
    .observed?.(observer)
    .observed?.({ onRequest: () => undefined })
  if (model === undefined) throw new Error('It has no observed().')
  expect((await collect(model)).text).toBe('ok')
  expect(seen.map(({ end }) => end)).toEqual(['end'])
  expect(model.id).toBe(modelOf(server.baseURL).id)
})
