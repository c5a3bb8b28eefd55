import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { parseJson } from '../json.ts'
import type { SimulatedRequest } from '../options.ts'
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
  /** Decides the answer. Must not throw. */
  readonly route: (request: SimulatedRequest, isTooLarge: boolean) => Transmission
}

/** A listening server. */
export interface Serving {
  readonly address: AddressInfo
  close(): Promise<void>
}

/** Starts to listen. @throws If the address cannot be had. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const sockets = new Map<Socket, number>()
  let connections = 0
  let closing: Promise<void> | undefined
  const server = createServer((request, response) => {
    const connectionId = sockets.get(request.socket) ?? 0
    void exchange(request, response, { ...options, connectionId, isClosing: () => closing !== undefined })
  })
  // Idle connections live until the client or `close` ends them: a run may think for long between two requests.
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  server.on('connection', (socket) => {
    connections += 1
    sockets.set(socket, connections)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  await listen(server, options)
  return {
    // A server that listens on a port has this form of address.
    address: server.address() as AddressInfo,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets.keys()) socket.destroy()
      })
      return closing
    },
  }
}

function listen(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

type ExchangeOptions = ServeOptions & { readonly connectionId: number; readonly isClosing: () => boolean }

async function exchange(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions): Promise<void> {
  const gone = new AbortController()
  response.on('error', () => undefined)
  response.once('close', () => gone.abort())
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
  const transmission = options.route(logged.request, body.end === 'too-large')
  const endsItself = transmission.actions.some((action) => action.type === 'close' || action.type === 'reset')
  await transmit(transmission, { response, socket: request.socket, gone: gone.signal }, (status) => logged.setStatus(status))
  logged.end(!response.writableFinished && !endsItself && !options.isClosing())
}

function flatHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]))
}
