import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** What both sides send. */
interface BridgedMessage {
  readonly id?: number | string
  readonly method?: string
}

/**
 * Offers a server that speaks over standard input and output over streamable HTTP: each response is a stream, with the notices that come before
 * its answer. It ends with the test.
 *
 * @returns The URL.
 */
export async function startBridge(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const streams = new Map<number | string, ServerResponse>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The server sends JSON-RPC.
    const { id, method } = JSON.parse(line) as BridgedMessage
    const isAnswer = method === undefined && id !== undefined
    const stream = isAnswer ? streams.get(id) : [...streams.values()].at(-1)
    stream?.write(`event: message\ndata: ${line}\n\n`)
    if (!isAnswer) return
    stream?.end()
    streams.delete(id)
  })
  const http = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const body = await text(request)
    // The client sends JSON-RPC.
    const { id, method } = JSON.parse(body) as BridgedMessage
    child.stdin.write(`${body}\n`)
    if (id === undefined || method === undefined) return void response.writeHead(202).end()
    streams.set(id, response.writeHead(200, { 'content-type': 'text/event-stream' }))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
    child.kill('SIGKILL')
  })
  // It listens on a port.
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`
}
