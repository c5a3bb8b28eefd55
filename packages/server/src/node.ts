import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { invalidOptions } from '@capstan/core/internal'
import { chunksOf } from './http/event-stream.ts'
import type { Connection } from './http/guard.ts'
import { requestOf } from './http/node-request.ts'
import { errorResponse } from './http/responses.ts'
import type { Listening, ListenOptions } from './listening.ts'
import type { ResolvedOptions } from './options.ts'

/** What answers requests that came over a socket. */
export interface NodeServed {
  answer(request: Request, connection: Connection): Promise<Response>
}

/** How long a reader may take nothing before its socket is closed, in milliseconds. */
const stalledMs = 60_000
/** How much of a refused body is read and dropped, so that its sender can read the answer, and how long. */
const lingerMs = 1_000

/** A listener of `node:http`, and of frameworks that take one: `createServer(nodeHandler(server))`. */
export function nodeHandler(server: NodeServed): (request: IncomingMessage, response: ServerResponse) => void {
  return (incoming, outgoing) => {
    answer(server, incoming, outgoing).catch(() => outgoing.destroy())
  }
}

/** Listens for `server.listen`. */
export async function listenOn(
  server: NodeServed & { readonly options: ResolvedOptions },
  { port = 0, host = '127.0.0.1' }: ListenOptions,
): Promise<{ listening: Listening; close: () => Promise<void> }> {
  const { authorize, hosts, maxStreams } = server.options
  if (!isLoopback(host) && host !== 'localhost') {
    if (authorize === undefined)
      throw invalidOptions(`Listening on ${host} needs \`authorize\`: without it, everybody who reaches the port is the same principal.`)
    if (hosts === undefined) throw invalidOptions(`Listening on ${host} needs \`hosts\`: the names under which the server is reached.`)
  }
  const http = createServer({ requestTimeout: 30_000, headersTimeout: 15_000, connectionsCheckingInterval: 5_000 }, nodeHandler(server))
  // An idle connection costs a descriptor: there may be some for other requests.
  http.maxConnections = maxStreams + 1_000
  const sockets = new Set<Socket>()
  http.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, resolve)
  })
  // A server that listens on a port has an address of this form.
  const address = http.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => http.close(() => resolve()))
    // Streams have been told to end, and their connections are then idle; what is still open after this time is cut.
    const idle = setInterval(() => {
      http.closeIdleConnections()
      // Those that have never sent anything do not count as idle.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
    }, 20)
    const timer = setTimeout(() => http.closeAllConnections(), 2_000)
    await closed
    clearInterval(idle)
    clearTimeout(timer)
  }
  return { listening: { port: address.port, url: `http://${name}:${address.port}${server.options.basePath}` }, close }
}

async function answer(server: NodeServed, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  const response = await responseTo(server, incoming, gone.signal)
  if (!incoming.complete) drop(incoming, outgoing)
  outgoing.writeHead(response.status, [...response.headers].flat())
  await send(response, outgoing)
}

async function responseTo(server: NodeServed, incoming: IncomingMessage, signal: AbortSignal): Promise<Response> {
  const { localAddress, remoteAddress } = incoming.socket
  try {
    const request = requestOf(incoming, signal)
    if (request === undefined) return new Response(null, { status: 400, headers: { connection: 'close' } })
    return await server.answer(request, { isLoopback: isLoopback(localAddress) && isLoopback(remoteAddress) })
  } catch (error) {
    return errorResponse(error, () => undefined)
  }
}

/** Sends the body as fast as its reader takes it: nothing is read ahead. */
async function send({ body }: Response, outgoing: ServerResponse): Promise<void> {
  if (body === null) return void outgoing.end()
  const source = chunksOf(body) ?? readerOf(body)
  const cancel = (): void => void source.cancel().catch(() => undefined)
  outgoing.once('close', cancel)
  outgoing.flushHeaders()
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    if (outgoing.destroyed) return cancel()
    if (!outgoing.write(chunk)) await drained(outgoing)
  }
  outgoing.end()
}

/** The chunks of a body that another handler made. */
function readerOf(body: ReadableStream<Uint8Array>): { next(): Promise<Uint8Array | undefined>; cancel(): Promise<void> } {
  const reader = body.getReader()
  return { next: async () => (await reader.read()).value, cancel: async () => await reader.cancel() }
}

/** Waits until the reader has taken what was written; a reader that takes nothing for long loses its socket. */
async function drained(outgoing: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => outgoing.destroy(), stalledMs)
    const done = (): void => {
      clearTimeout(timer)
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
  })
}

/** Ends the connection of a request whose body is not read, once its sender had time to read the answer. */
function drop(incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.setHeader('connection', 'close')
  outgoing.once('finish', () => {
    incoming.on('error', () => undefined)
    setTimeout(() => incoming.destroy(), lingerMs).unref()
  })
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address ?? '')
}
