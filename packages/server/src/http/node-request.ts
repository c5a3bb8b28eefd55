import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Refusal } from './refusal.ts'

/** What frameworks add to a request. */
interface FrameworkRequest extends IncomingMessage {
  /** The complete path, where a framework has cut from `url` what it is mounted at. */
  readonly originalUrl?: unknown
  /** What a framework has read of the body, such as Express with `express.json()`. */
  readonly body?: unknown
}

/**
 * The request of a socket as the standard has it.
 *
 * @returns `undefined` for a request that the standard cannot express: a method such as TRACE, or a host that is not one.
 * @throws {Refusal} 500 when something has read the body and kept nothing of it.
 */
export function requestOf(incoming: FrameworkRequest, signal: AbortSignal): Request | undefined {
  const { method = 'GET', headers, originalUrl } = incoming
  const url = typeof originalUrl === 'string' ? originalUrl : (incoming.url ?? '/')
  const path = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/]*/i, '')
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const body = hasBody ? bodyOf(incoming) : {}
  try {
    const list = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]))
    return new Request(`http://${headers.host ?? 'localhost'}${path.startsWith('/') ? path : '/'}`, { method, headers: list, signal, ...body })
  } catch {
    return undefined
  }
}

function bodyOf(incoming: FrameworkRequest): RequestInit {
  // Not part of the types of Node 20, which needs it for a body that is a stream.
  const duplex = { duplex: 'half' as const }
  if (!incoming.readableDidRead) return { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, ...duplex }
  const { body } = incoming
  if (typeof body === 'string') return { body }
  if (body instanceof Uint8Array) return { body: new Uint8Array(body) }
  if (body !== undefined) return { body: JSON.stringify(body) }
  // A body without bytes was read by nobody, even where a parser has looked for it.
  if (incoming.headers['transfer-encoding'] === undefined && Number(incoming.headers['content-length'] ?? 0) === 0) return {}
  throw new Refusal(500, ['body-consumed', 'Something has read the body of this request before. Mount the server before whatever parses bodies.'])
}
