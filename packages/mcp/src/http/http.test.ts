import { expect, onTestFinished, test } from 'vitest'
import { type McpOptions, type McpServer, mcp } from '../index.ts'
import { callTool } from '../testing/call.ts'
import { type HttpExchange, startHttpServer } from '../testing/http-server.ts'

async function connect(url: string, options: McpOptions = {}): Promise<McpServer> {
  const server = await mcp({ url, headers: { authorization: 'Bearer key' } }, { name: 'test', closeTimeoutMs: 500, timeoutMs: 30_000, ...options })
  onTestFinished(() => server.close())
  return server
}

const isCall = ({ message }: HttpExchange): boolean => message.method === 'tools/call'

test('headers are sent with each request', async () => {
  const { url, headers } = await startHttpServer(() => false)
  const server = await connect(url)
  expect(await callTool(server, 'test__work')).toMatchObject({ status: 'ok', text: 'done' })
  expect(headers.map(({ authorization }) => authorization)).toEqual(headers.map(() => 'Bearer key'))
})

test('a redirect to another origin is not followed, so the headers do not go there', async () => {
  const other = await startHttpServer(() => false)
  const { url } = await startHttpServer(({ response }) => {
    response.writeHead(307, { location: other.url }).end()
    return true
  })
  await expect(connect(url)).rejects.toMatchObject({ code: 'mcp-failed', message: expect.stringContaining('307') })
  expect(other.messages).toEqual([])
})

test.each<[string, (exchange: HttpExchange) => void]>([
  ['JSON', ({ response }) => flood(response.writeHead(200, { 'content-type': 'application/json' }))],
  ['one event', ({ response }) => flood(response.writeHead(200, { 'content-type': 'text/event-stream' }))],
])('an answer of 100 MB as %s is not read, and the next call works', async (_, send) => {
  let calls = 0
  const { url } = await startHttpServer((exchange) => {
    if (!isCall(exchange) || calls++ > 0) return false
    send(exchange)
    return true
  })
  const server = await connect(url, { maxMessageBytes: 1_000_000 })
  expect(await callTool(server, 'test__work')).toMatchObject({ status: 'error', text: expect.stringContaining('more than 1000000 bytes') })
  expect(await callTool(server, 'test__work')).toMatchObject({ status: 'ok' })
})

function flood(response: HttpExchange['response']): void {
  let left = 100
  const write = (): void => {
    while (left-- > 0) if (!response.write('x'.repeat(1_000_000))) return void response.once('drain', write)
    response.end()
  }
  write()
}

test.each<[string, (exchange: HttpExchange) => void]>([
  ['breaks', ({ response }) => response.write(': hello\n\n', () => response.destroy())],
  ['ends', ({ response }) => response.end(': hello\n\n')],
])('a stream that %s without an answer fails the call long before its time limit', async (_, cut) => {
  const { url } = await startHttpServer((exchange) => {
    if (!isCall(exchange)) return false
    exchange.response.writeHead(200, { 'content-type': 'text/event-stream' })
    cut(exchange)
    return true
  })
  const server = await connect(url, { timeoutMs: 600_000 })
  expect(await callTool(server, 'test__work')).toMatchObject({ status: 'error', text: expect.stringContaining('failed') })
})

test('a session that the server forgot is begun again, and the call is sent once more', async () => {
  let isForgotten = true
  const { url, messages } = await startHttpServer((exchange) => {
    if (!isCall(exchange) || !isForgotten) return false
    isForgotten = false
    exchange.response.writeHead(404).end()
    return true
  })
  const server = await connect(url)
  expect(await callTool(server, 'test__work')).toMatchObject({ status: 'ok', text: 'done' })
  expect(messages.filter(({ method }) => method === 'initialize')).toHaveLength(2)
})

test('a server that cannot be reached is an error, and what it says about a key is not in it', async () => {
  await expect(connect('http://127.0.0.1:1/mcp')).rejects.toMatchObject({ code: 'mcp-failed', message: expect.not.stringContaining('Bearer') })
})

test('an aborted call is cancelled at the server', async () => {
  const { url, messages } = await startHttpServer(isCall)
  const server = await connect(url)
  const controller = new AbortController()
  const called = callTool(server, 'test__work', { signal: controller.signal })
  await expect.poll(() => messages.some(({ method }) => method === 'tools/call')).toBe(true)
  controller.abort()
  expect(await called).toMatchObject({ status: 'abandoned' })
  await expect.poll(() => messages.at(-1)?.method).toBe('notifications/cancelled')
})
