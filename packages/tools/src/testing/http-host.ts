import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'

/** A server on this machine. */
export interface HttpHost {
  readonly port: number
  readonly url: string
  /** What was requested, in order. */
  readonly requests: readonly { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[]
  /** How many connections were made. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** Starts an HTTP server. */
export async function startHttpHost(listener: RequestListener): Promise<HttpHost> {
  const requests: HttpHost['requests'][number][] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
      listener(request, response)
    })
  })
  return await started(server, requests)
}

/** Starts a server that answers each connection with these bytes, whatever it is asked, once a request has come. */
export async function startRawHost(answer: (socket: Socket) => void): Promise<HttpHost> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  })
  return await started(server, [])
}

async function started(server: Server, requests: HttpHost['requests']): Promise<HttpHost> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return { port, url: `http://127.0.0.1:${port}`, requests, connections: () => connections, close }
}
