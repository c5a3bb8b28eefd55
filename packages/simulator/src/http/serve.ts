import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net'
import type { Bill } from '../billing/prices.ts'
import { parseJson } from '../json.ts'
import type { SimulatedRequest } from '../options/options.ts'
import { type Greeting, greet } from '../wire/greeting.ts'
import type { Transmission } from '../wire/transmission.ts'
import { transmit } from '../wire/transmit.ts'
import { readBody } from './read-body.ts'
import type { RequestLog } from './request-log.ts'

/** What the server needs from outside. */
export interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly maxBodyBytes: number
  readonly log: RequestLog
  /** What the client of the connection with this number, from 1, receives; `undefined` when its requests are served. */
  readonly greeting: (connectionNumber: number) => Greeting | undefined
  /** Connections are refused, for the life of the server or for this long. */
  readonly refuse?: { readonly forMs: number | undefined } | undefined
  /** The refusal of a request whose `Host` header does not name this server. Such a request is neither logged nor routed. */
  readonly refuseHost: (host: string | undefined, localAddress: string | undefined) => Transmission | undefined
  /** The response to a request. Must not throw. */
  readonly route: (request: SimulatedRequest, isTooLarge: boolean) => RoutedResponse
}

/** A response, and what its request cost if it was served. */
export interface RoutedResponse {
  readonly transmission: Transmission
  readonly bill: Bill | undefined
}

/** A listening server. */
export interface Serving {
  readonly address: AddressInfo
  close(): Promise<void>
}

/** Starts to listen. @throws {Error} If the address cannot be used. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const sockets = new Map<Socket, number>()
  let connections = 0
  let closing: Promise<void> | undefined
  const http = createHttpServer((request, response) => {
    const connectionId = sockets.get(request.socket) ?? 0
    void exchange(request, response, { ...options, connectionId, isClosing: () => closing !== undefined })
  })
  // A TCP server in front of HTTP, for the faults that affect a connection before a request is read. The sockets of an HTTP server have no delay;
  // with the delay of a TCP server, the end of a response waits 40 ms for the acknowledgement of its beginning.
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1
    sockets.set(socket, connections)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    const greeting = options.greeting(connections)
    if (greeting === undefined) http.emit('connection', socket)
    else greet(socket, greeting)
  })
  await listen(server, options)
  // A server that listens on a port has this form of address.
  const address = server.address() as AddressInfo
  const reopening = await refuse(server, address, options)
  return {
    address,
    close() {
      clearTimeout(reopening)
      closing ??= new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets.keys()) socket.destroy()
      })
      return closing
    },
  }
}

function createHttpServer(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const http = createHttp(onRequest)
  // Idle connections stay open until the client or `close` ends them: an agent may wait for long between two requests.
  http.keepAliveTimeout = 0
  http.requestTimeout = 0
  http.headersTimeout = 0
  http.on('clientError', (_error, socket) => socket.destroy())
  return http
}

/** Stops listening, for the life of the server or for a time; the port stays known. */
async function refuse(server: NetServer, { port }: AddressInfo, options: ServeOptions): Promise<NodeJS.Timeout | undefined> {
  if (options.refuse === undefined) return undefined
  await new Promise<void>((resolve) => server.close(() => resolve()))
  const { forMs } = options.refuse
  if (forMs === undefined) return undefined
  // If another process has taken the port meanwhile, connections stay refused.
  return setTimeout(() => void listen(server, { host: options.host, port }).catch(() => undefined), forMs)
}

function listen(server: NetServer, { host, port }: Pick<ServeOptions, 'host' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(new Error(listenProblem(error, host, port), { cause: error }))
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

function listenProblem({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `The simulator cannot listen on port ${port} of ${host}`
  if (code === 'EADDRINUSE') return `${where}: another program uses it (EADDRINUSE). Choose another port; port 0 takes a free one.`
  if (code === 'EACCES') return `${where}: this user may not use it (EACCES). Choose a port from 1024 on; port 0 takes a free one.`
  return `${where}: ${message}.`
}

type ExchangeOptions = ServeOptions & { readonly connectionId: number; readonly isClosing: () => boolean }

async function exchange(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions): Promise<void> {
  const gone = new AbortController()
  response.on('error', () => undefined)
  response.once('close', () => gone.abort())
  const line = { response, socket: request.socket, gone: gone.signal }
  const refused = options.refuseHost(request.headers.host, request.socket.localAddress)
  if (refused !== undefined) {
    request.resume()
    return transmit(refused, line, () => undefined)
  }
  const body = await readBody(request, options.maxBodyBytes)
  const logged = options.log.add({
    method: request.method ?? '',
    path: request.url ?? '',
    headers: flatHeaders(request),
    rawBody: body.text,
    body: parseJson(body.text),
    connectionId: options.connectionId,
  })
  if (body.end === 'gone') return logged.end(!options.isClosing())
  const { transmission, bill } = options.route(logged.request, body.end === 'too-large')
  logged.setBill(bill)
  const endsItself = transmission.actions.some((action) => action.type === 'close' || action.type === 'reset')
  await transmit(transmission, line, (status) => logged.setStatus(status))
  logged.end(!response.writableFinished && !endsItself && !options.isClosing())
}

function flatHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]))
}
