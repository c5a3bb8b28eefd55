import { inspect } from 'node:util'
import { AgentError } from '@capstan/core'
import { expect, test } from 'vitest'
import { evolink, openaiCompatible } from './index.ts'
import { redact } from './redact.ts'
import { collect, errorOf, hello } from './testing/collect.ts'
import { delta, frame, sendJson, sendStream, startProvider, startRawServer } from './testing/provider-server.ts'

const key = 'canary-4f9a1b2c3d4e5f60718293a4b5c6d7e8'
const cookie = 'session-canary-0123456789abcdef'

/** Everything that a log, a reporter or a curious person could make of a value. */
function everything(value: unknown): string {
  const seen = new Set<unknown>()
  const texts: string[] = []
  const visit = (item: unknown): void => {
    if (seen.has(item) || item === undefined) return
    seen.add(item)
    texts.push(inspect(item, { showHidden: true, depth: 12, maxStringLength: null }), String(item))
    try {
      texts.push(JSON.stringify(item) ?? '')
    } catch {
      // A cycle has no JSON, and so no leak by it.
    }
    if (item instanceof Error) for (const part of [item.stack, item.message, item.cause]) visit(part)
  }
  visit(value)
  return texts.join('\n')
}

const echo = `You sent Authorization: Bearer ${key} and cookie ${cookie}`

test.each([
  ['a refusal that echoes it', 401, { error: { message: echo, type: 'authentication_error' } }],
  ['a rate limit that echoes it', 429, { error: { message: echo } }],
  ['a page that echoes it', 500, `<html>${echo}</html>`],
  ['a page with status 200 that echoes it', 200, `<html>${echo}</html>`],
  ['JSON that is no completion', 200, { hello: echo }],
  ['an error in a completion', 200, { error: { message: echo } }],
])('%s does not show the key anywhere', async (_name, status, body) => {
  await using server = await startProvider((response) => sendJson(response.setHeader('x-request-id', key), status, body))
  const model = evolink('deepseek-chat', { baseURL: server.baseURL, apiKey: key, headers: { cookie } })
  const { error } = await collect(model)
  // The server did get it.
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`)
  expect(AgentError.is(error)).toBe(true)
  const shown = everything(error) + everything(model)
  expect(shown).not.toContain(key)
  expect(shown).not.toContain(cookie)
})

test('errors inside a stream, finish words and content types do not show the key', async () => {
  await using server = await startProvider((response, _request, index) => {
    if (index === 0) sendStream(response, delta({ content: 'a' }) + frame({ error: { message: echo } }))
    else sendStream(response, delta({ content: 'a' }) + frame(`{"broken ${echo}`))
  })
  const model = evolink('deepseek-chat', { baseURL: server.baseURL, apiKey: key, headers: { cookie } })
  for (let count = 0; count < 2; count++) {
    const shown = everything((await collect(model)).error)
    expect(shown).not.toContain(key)
    expect(shown).not.toContain(cookie)
  }
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')

test.each([
  ['in upper case', key.toUpperCase()],
  ['in lower case', key.toLowerCase()],
  ['as base64', base64(key)],
  ['as base64 of the header', base64(`Bearer ${key}`)],
  ['as base64 with something before and behind it', base64(`user:${key}:x`)],
  ['as base64 for URLs', Buffer.from(`u:${key}`).toString('base64url')],
  ['as hexadecimal digits', Buffer.from(key).toString('hex').toUpperCase()],
  ['percent-encoded', encodeURIComponent(`key=${key}&`)],
])('a key that is echoed %s is not shown', async (_name, form) => {
  await using server = await startProvider((response) => sendJson(response, 400, { error: { message: `You sent ${form}.` } }))
  const { error } = await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm', apiKey: key }))
  const core = form.slice(4, 24)
  expect(everything(error)).not.toContain(core)
  expect(error?.providerMessage).toMatch(/^You sent .{0,40}\[redacted\]/)
})

test('a short key is taken out as it is, and ordinary words stay', () => {
  expect(redact('the TEST of test-key', ['test-key'])).toBe('the TEST of [redacted]')
  expect(redact('abcd ABCD', ['abcd'])).toBe('[redacted] [redacted]')
  expect(redact('abc', ['abc', ''])).toBe('abc')
})

test.each(['x-goog-thing', 'X-Vault', 'x-1', 'Proxy-Authorization', 'x-signature', 'X-Custom'])('the value of the header %s is not shown', async (name) => {
  await using server = await startProvider((response, { headers }) => sendJson(response, 403, { error: { message: `denied: ${headers[name.toLowerCase()]}` } }))
  const { error } = await collect(openaiCompatible({ baseURL: server.baseURL, model: 'm', headers: { [name]: `Secret ${key}` } }))
  expect(everything(error)).not.toContain(key)
})

test('a key in the query of the base URL is shown nowhere: not in the scope of retries, not in errors, not in repairs', async () => {
  await using server = await startProvider((response, { path }, index) => {
    if (index === 0) response.writeHead(307, { location: `/v2/chat/completions?api-key=${key}` }).end()
    else sendJson(response, 400, { error: { message: `no such path: ${path}` } })
  })
  const model = openaiCompatible({ baseURL: `${server.baseURL}?api-key=${key}`, model: 'm' })
  const other = openaiCompatible({ baseURL: `${server.baseURL}?api-key=another-${key}`, model: 'm' })
  const first = await collect(model)
  const second = await collect(model)
  expect(first.events).toEqual([expect.objectContaining({ type: 'repaired', what: 'redirect' })])
  expect(server.requests[1]?.path).toContain(key)
  expect(everything([model.traits.retryScope, first.events, first.error, second.error, model.id])).not.toContain(key)
  expect(model.traits.retryScope).not.toBe(other.traits.retryScope)
})

test('bytes that are not HTTP do not show the key', async () => {
  await using server = await startRawServer((socket) => socket.end(`${echo}\r\n\r\n`))
  const { error } = await collect(evolink('deepseek-chat', { baseURL: server.baseURL, apiKey: key }))

  expect(error?.cause).toBeInstanceOf(Error)
  expect(everything(error)).not.toContain(key)
})

test('a key that no header can carry is refused without being shown', async () => {
  const broken = `${key}\r\nx-evil: 1`
  const error = await errorOf(openaiCompatible({ baseURL: 'http://127.0.0.1:9', model: 'm', apiKey: broken }).complete(hello))

  expect(error).toMatchObject({ code: 'invalid-options', message: expect.stringContaining('`apiKey`') })
  expect(everything(error)).not.toContain(key)
})

test('a model shows neither its settings nor its key', () => {
  const model = evolink('kimi-k2-thinking', { apiKey: key })
  expect(everything(model)).not.toContain(key)
  expect(everything(model.withSettings?.({ maxOutputTokens: 9 }))).not.toContain(key)
  expect(Object.keys(model).toSorted()).toEqual(['complete', 'id', 'observed', 'schemaAsSent', 'stream', 'through', 'traits', 'withSettings'])
})

test('what looks like a key is taken out even when it is not ours', () => {
  expect(redact('key sk-abcdefgh12345 and <ak-f00baa123> at https://user:pass@host/x with Bearer abcdefgh', [])).toBe(
    'key [redacted] and <[redacted]> at https://[redacted]@host/x with Bearer [redacted]',
  )
  expect(redact('a+b/c%2Fd', ['a+b/c', 'abc'])).toBe('[redacted]%2Fd')
  expect(redact(encodeURIComponent('key with/slash'), ['key with/slash'])).toBe('[redacted]')
})

test.each([
  ['not a URL', 'nonsense', /not a URL/],
  ['another scheme', 'ftp://host/v1', /https:\/\//],
  ['credentials', 'https://user:test-pass@host/v1', /apiKey/],
  ['the complete path', 'https://host/v1/chat/completions/', /already ends/],
])('a base URL with %s is refused', (_name, baseURL, message) => {
  expect(() => openaiCompatible({ baseURL, model: 'm' })).toThrow(message)
  expect(() => openaiCompatible({ baseURL, model: 'm' })).not.toThrow(/test-pass/)
})

test.each([
  [{ temprature: 1 }, /`temprature` is not a setting/],
  [{ extraBody: { messages: [] } }, /`extraBody\.messages`/],
  [{ extraBody: { stream: false } }, /`extraBody\.stream`/],
  [{ timeouts: { gapMs: 0 } }, /`timeouts\.gapMs` must be a number above 0/],
  [{ timeouts: { gap: 1 } }, /`timeouts\.gap` is not a clock/],
  [{ limits: { toolCalls: '3' } }, /`limits\.toolCalls`/],
  [{ stream: 'yes' }, /`stream` must be true or false/],
  [{ apiKey: 7 }, /`apiKey` must be a string/],
  [{ headers: { a: 1 } }, /`headers\.a` must be a string/],
])('settings %o are refused when the model is made', (settings, message) => {
  expect(() => evolink('some-model', settings as object)).toThrow(expect.objectContaining({ code: 'invalid-options', message: expect.stringMatching(message) }))
})
