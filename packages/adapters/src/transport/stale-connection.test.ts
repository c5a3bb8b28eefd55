import { expect, test } from 'vitest'
import { openaiCompatible } from '../index.ts'
import { collect } from '../testing/collect.ts'
import { completion, startRawServer } from '../testing/provider-server.ts'

const answer = completion({ content: 'ok' })
const response = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(answer)}\r\n\r\n${answer}`

test('a connection that was idle and is closed under a request is stale: the server saw nothing of it', async () => {
  await using server = await startRawServer((socket, index) => {
    if (index > 0) return void socket.destroy()
    socket.write(response)
    // The server gives up the idle connection just as the next request arrives.
    socket.once('data', () => socket.resetAndDestroy())
  })
  const model = openaiCompatible({ baseURL: server.baseURL, model: 'm', stream: false })
  expect((await collect(model)).text).toBe('ok')
  expect((await collect(model)).error).toMatchObject({ code: 'network-reset', stale: true, retryable: true })
  expect(server.connections).toBe(1)
  // A new connection that breaks is not stale.
  expect((await collect(model)).error).toMatchObject({ code: 'network-reset', stale: false })
  expect(server.connections).toBe(2)
})
