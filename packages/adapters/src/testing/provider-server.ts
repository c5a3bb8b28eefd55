import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net'

/** A request as the server saw it. */
export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Record<string, unknown>
}

/** A provider of our own for tests: real HTTP on a free port of this machine. */
export interface ProviderServer extends AsyncDisposable {
  readonly baseURL: string
  readonly requests: readonly SeenRequest[]
  /** Connections that were ever opened. */
  readonly connections: number
  /** Connections that are open now. */
  readonly openSockets: ReadonlySet<Socket>
}

/** Answers one request; `index` counts from 0. */
export type Handler = (response: ServerResponse, request: SeenRequest, index: number) => void | Promise<void>

/** Starts a server that answers with `handler`. It closes all its sockets when it is disposed of. */
export async function startProvider(handler: Handler): Promise<ProviderServer> {
  const requests: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => undefined)
    response.on('error', () => undefined)
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const request = { path: incoming.url ?? '', headers: incoming.headers, text, body: JSON.parse(text) as Record<string, unknown> }
      requests.push(request)
      void handler(response, request, requests.length - 1)
    })
  })
  return await listen(server, requests)
}

/** Starts a server that gets raw sockets: for answers that are not HTTP. */
export async function startRawServer(onRequest: (socket: Socket, index: number) => void): Promise<ProviderServer> {
  let index = 0
  const server = createNetServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => onRequest(socket, index++))
  })
  return await listen(server, [])
}

async function listen(server: Server, requests: readonly SeenRequest[]): Promise<ProviderServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    openSockets: sockets,
    get connections() {
      return connections
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** One event of a stream. */
export function frame(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

/** The frame of a delta. */
export function delta(content: Record<string, unknown>, rest: Record<string, unknown> = {}): string {
  return frame({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: content, finish_reason: null, ...rest }] })
}

/** The frame of a finish reason, with usage where given. */
export function finish(reason: string, usage?: Record<string, unknown>): string {
  return frame({ id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: reason }], ...(usage && { usage }) })
}

/** The last frame of a stream. */
export const done: string = frame('[DONE]')

/** A complete stream with one text. */
export function textStream(...texts: readonly string[]): string {
  return `${delta({ role: 'assistant', content: '' })}${texts.map((content) => delta({ content })).join('')}${finish('stop', usage)}${done}`
}

/** A usage object. */
export const usage: Record<string, number> = { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 }

/** A completion in one piece. */
export function completion(message: Record<string, unknown>, rest: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: 'cmpl-1',
    object: 'chat.completion',
    created: 1_698_999_496,
    model: 'kimi-k2-thinking',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
    usage,
    ...rest,
  })
}

/** Answers with a stream. */
export function sendStream(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(body)
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
