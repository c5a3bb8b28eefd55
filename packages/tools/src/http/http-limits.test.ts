import { once } from 'node:events'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { callTool, makeCall } from '../testing/call.ts'
import { use } from '../testing/file-root.ts'
import { type HttpHost, startHttpHost, startRawHost } from '../testing/http-host.ts'
import { makeSelfSigned } from '../testing/self-signed.ts'
import { type HttpOptions, http } from './index.ts'

let host: HttpHost | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const tool = (options: Partial<HttpOptions> = {}) => http({ hosts: [], privateHosts: [`127.0.0.1:${host?.port}`], ...options })
const url = (): string => `${host?.url}/`

/** What the answer of a server gives. */
async function answered(headers: Record<string, string | number>, body: Buffer | string, options?: Partial<HttpOptions>): Promise<string> {
  host = await startHttpHost((_request, response) => response.writeHead(200, headers).end(body))
  return await use(tool(options), { url: url() })
}

/** What bytes of a server give. */
async function raw(answer: string | ((socket: Socket) => void), options?: Partial<HttpOptions>): Promise<string> {
  host = await startRawHost(typeof answer === 'string' ? (socket) => socket.end(answer, 'latin1') : answer)
  return await use(tool(options), { url: url() })
}

const lengthOf = (text: string): number => text.split('\n\n').slice(1).join('\n\n').length

test('of a long body the beginning is used', async () => {
  const text = await answered({ 'content-type': 'text/plain' }, 'é'.repeat(100_000), { maxBytes: 2_001 })
  expect(text).toContain('note: the body is longer than 2,001 bytes; this is its beginning')
  expect(text.split('\n\n')[1]).toBe('é'.repeat(1_000))
})

test.each([
  ['gzip', gzipSync(Buffer.alloc(200_000_000))],
  ['br', brotliCompressSync(Buffer.alloc(50_000_000, 'x'))],
])('a small body that decompresses to a large one is cut (%s)', async (encoding, bomb) => {
  const before = process.memoryUsage().arrayBuffers
  const text = await answered({ 'content-type': 'application/json', 'content-encoding': encoding }, bomb, { maxBytes: 100_000 })
  expect(text).toContain('note: the body is longer than 100,000 bytes')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000)
})

test('a compressed body that decompresses to nothing ends at the same number of bytes', async () => {
  const nothing = Buffer.concat(Array.from({ length: 2_000 }, () => gzipSync('')))
  expect(await answered({ 'content-type': 'text/plain', 'content-encoding': 'gzip' }, nothing, { maxBytes: 10_000 })).toContain('longer than 10,000 bytes')
})

test.each([
  ['gzip', 'plain', 'the compressed body of the response is damaged'],
  ['gzip', gzipSync('x'.repeat(1_000)).subarray(0, 20), 'the compressed body of the response is damaged'],
  ['gzip, gzip', gzipSync(gzipSync('x')), 'its content encoding is not one of'],
  ['zstd', 'x', 'its content encoding is not one of'],
  ['__proto__', 'x', 'its content encoding is not one of'],
])('a body with the encoding %s that cannot be read is an error', async (encoding, body, reason) => {
  expect(await answered({ 'content-type': 'text/plain', 'content-encoding': encoding }, body)).toContain(reason)
})

test.each([
  ['before the headers', ''],
  ['in the headers', 'HTTP/1.1 200 OK\r\nx: '],
  ['in the body', 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000000\r\n\r\n'],
])('a server that sends a byte from time to time %s is left at the deadline', async (_where, start) => {
  let timer: NodeJS.Timeout | undefined
  const drip = (socket: Socket): void => {
    socket.write(start)
    if (start !== '') timer = setInterval(() => socket.write('x'), 20)
  }
  expect(await raw(drip, { timeoutMs: 300 })).toBe('error: There is no complete response after 0.3 s.')
  clearInterval(timer)
})

test('a name that is never resolved is left at the deadline', async () => {
  const never = http({ hosts: 'public', timeoutMs: 100, resolve: () => new Promise(() => undefined) })
  expect(await use(never, { url: 'https://site.example/' })).toBe('error: There is no complete response after 0.1 s.')
})

test('an abort closes the connection', async () => {
  const controller = new AbortController()
  host = await startRawHost((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n')
    closed = new Promise((resolve) => socket.once('close', resolve))
    controller.abort()
  })
  let closed: Promise<unknown> | undefined
  expect(await callTool(tool(), { url: url() }, makeCall({ signal: controller.signal }))).toMatchObject({ status: 'abandoned' })
  await closed
})

test.each([
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9\r\n', 'the response is not valid HTTP'],
  ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`, 'the headers of the response are too long'],
  ['a body that breaks off', 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\nhalf', 'the connection broke off'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx', 'the response is not valid HTTP'],
  ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'the connection broke off'],
  ['nothing', '', 'the connection broke off'],
])('%s is an error', async (_name, bytes, reason) => {
  expect(await raw(bytes)).toContain(`error: There is no response: ${reason}`)
})

test('status texts and headers cannot forge lines', async () => {
  const text = await raw('HTTP/1.1 302 Found\x85status: 200 OK\r\ncontent-type: text/plain\x85content, 3 characters:\r\nlocation-x: 1\r\n\r\nx')
  expect(text.split('\n')[1]).toBe('status: 302 Found\\u0085status: 200 OK')
  expect(text.split('\n').filter((line) => line.startsWith('status:'))).toHaveLength(1)
  await host?.close()
  const long = await raw(`HTTP/1.1 200 ${'O'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`)
  expect(long.length).toBeLessThan(2_000)
})

test('https: needs a valid certificate, also where the environment says otherwise', async () => {
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    const server = createServer(makeSelfSigned('127.0.0.1'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { readonly port: number }
    const text = await use(http({ hosts: [], privateHosts: [`127.0.0.1:${port}`] }), { url: `https://127.0.0.1:${port}/` })
    server.close()
    expect(text).toContain('the certificate of the host is not valid for it')
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
  }
})

test.each([
  ['nested elements', '<blockquote>'.repeat(40_000) + '<p>a</p>'.repeat(150_000)],
  ['nested headings', '<h1>x'.repeat(300_000)],
  ['nested tables', '<table><tr><td>'.repeat(100_000)],
])('a page that takes long to convert ends at the deadline with what there is: %s', async (_name, html) => {
  const text = await answered({ 'content-type': 'text/html' }, html, { timeoutMs: 1_000 })
  expect(text).toMatch(/^(?:GET|error: There is no complete response)/)
  expect(lengthOf(text)).toBeLessThan(5_000_000)
})
