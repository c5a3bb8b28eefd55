import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A message of the client. */
export interface Received {
  readonly id?: number | string
  readonly method: string
  readonly params?: { readonly name?: string; readonly protocolVersion?: string; readonly requestId?: number }
}

/** One request, as a script sees it. */
export interface HttpExchange {
  readonly message: Received
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Answers with a result in JSON. */
  reply(result: object): void
}

/** A server over streamable HTTP of the older protocol, and what it was sent. */
export interface HttpServer {
  readonly url: string
  readonly messages: readonly Received[]
  readonly headers: readonly IncomingMessage['headers'][]
}

/**
 * Starts a server. It closes when the test ends.
 *
 * @param script - Answers calls of tools, and what else it wants to; returns false for what is answered as usual.
 */
export async function startHttpServer(script: (exchange: HttpExchange) => boolean): Promise<HttpServer> {
  const messages: Received[] = []
  const headers: IncomingMessage['headers'][] = []
  const server = createServer(async (request, response) => {
    headers.push(request.headers)
    if (request.method !== 'POST') return void response.writeHead(request.method === 'DELETE' ? 200 : 405).end()
    // The client sends JSON.
    const message = JSON.parse(await text(request)) as Received
    messages.push(message)
    const reply = (result: object): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }))
    }
    if (!script({ message, request, response, reply })) answer(message, { response, reply })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // It listens on a port.
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/mcp`, messages, headers }
}

function answer({ id, method, params }: Received, { response, reply }: Pick<HttpExchange, 'response' | 'reply'>): void {
  if (id === undefined) return void response.writeHead(202).end()
  if (method === 'initialize') {
    response.setHeader('mcp-session-id', 'session-1')
    return reply({ protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'http', version: '1' } })
  }
  if (method === 'tools/list') return reply({ tools: [{ name: 'work', description: 'Works.', inputSchema: { type: 'object' } }] })
  if (method === 'tools/call') return reply({ content: [{ type: 'text', text: 'done' }] })
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } }))
}
