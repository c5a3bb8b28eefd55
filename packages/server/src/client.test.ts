import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from '@capstan/server/client'
import { expect, test } from 'vitest'

test('a reader that is ended while a connection is tried again ends then, and is not told of another try', async () => {
  const gone = new AbortController()
  let tries = 0
  const send = (_: unknown, init?: RequestInit): Promise<Response> => {
    tries++
    if (tries < 3) return Promise.reject(new TypeError('no connection'))
    gone.abort()
    return Promise.reject(init?.signal?.reason)
  }
  const retries: unknown[] = []
  const client = connect({ url: 'http://server.test', fetch: send as typeof fetch })
  for await (const _ of client.events('run', { signal: gone.signal, onRetry: (_delay, error) => retries.push(error) }));
  expect(retries).toHaveLength(2)
})

test('a page in place of an event stream is an error that is told, and the connection is tried again', async () => {
  const http = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in.</html>'))
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const { port } = http.address() as AddressInfo
  const gone = new AbortController()
  const errors: unknown[] = []
  const onRetry = (_: number, error: unknown): void => {
    if (errors.push(error) === 2) gone.abort()
  }
  for await (const _ of connect({ url: `http://127.0.0.1:${port}` }).events('run', { signal: gone.signal, onRetry }));
  expect(String(errors[0])).toContain('answered 200 without an event stream')
  http.close()
  http.closeAllConnections()
})
