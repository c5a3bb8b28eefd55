import { type IncomingMessage, request as sendRequest } from 'node:http'
import type { Socket } from 'node:net'

/** One request, on a connection of its own. */
export interface Exchange {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly socket: Socket
}

const maxHeaderBytes = 32 * 1_024

/** Sends a request and gives the response when its headers have come. Follows nothing, and closes the connection after the body. */
export function exchange({ url, method, headers, body, socket }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = sendRequest({
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers, connection: 'close', ...(body !== undefined && { 'content-length': body.byteLength }) },
      setHost: false,
      maxHeaderSize: maxHeaderBytes,
    })
    request.once('response', resolve)
    // Later errors are those of the response.
    request.on('error', reject)
    // Such as after an upgrade that nobody asked for, which is not an error of the request.
    request.once('upgrade', () => socket.destroy())
    socket.once('close', () => reject(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })))
    request.end(body)
  })
}
