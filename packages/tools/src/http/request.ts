import type { IncomingMessage } from 'node:http'
import { ToolError } from '@capstan/core'
import { connectTo } from './connect.ts'
import { exchange } from './exchange.ts'
import { explainNetworkError } from './explain-error.ts'
import type { Hosts, Target } from './hosts.ts'
import { allowedAddresses, type ResolveHost } from './resolve.ts'
import { inLine } from './show-response.ts'

/** What all requests of a tool have in common. */
export interface Client {
  readonly hosts: Hosts
  readonly resolve: ResolveHost
  /** Headers of a request to a host. */
  readonly headersFor: (target: Target) => Readonly<Record<string, string>>
}

/** One request. */
export interface OutgoingRequest {
  readonly target: Target
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly signal: AbortSignal
}

/** The last response, and the URLs that led to it. */
export interface Answer {
  readonly message: IncomingMessage
  readonly target: Target
  readonly via: readonly string[]
}

const maxRedirects = 3
const redirects = new Set([301, 302, 303, 307, 308])

/**
 * Sends a request, with a check of the addresses and of the connection.
 *
 * @throws {ToolError} For whatever goes wrong on the way.
 */
export async function send(client: Client, { target, method, headers, body, signal }: OutgoingRequest): Promise<IncomingMessage> {
  try {
    const addresses = await settledBy(signal, allowedAddresses(target, client.resolve))
    const socket = await connectTo(target, addresses, signal)
    return await exchange({ url: target.url, method, headers: { ...headers, ...client.headersFor(target) }, socket, ...(body !== undefined && { body }) })
  } catch (error) {
    throw explainNetworkError(error, signal)
  }
}

/**
 * Sends a request without a body and follows redirects. Each one is checked as the first URL is, and gets only the headers of its own host.
 * A redirect between hosts that are not both listed leads only to the same host, with or without `www.`: another one was chosen by neither the
 * owner of the tool nor the caller, and a page of a stranger must not lead to a private host.
 *
 * @throws {ToolError} Also for a redirect that is not followed.
 */
export async function sendAndFollow(client: Client, request: OutgoingRequest): Promise<Answer> {
  const via: string[] = []
  let target = request.target
  for (;;) {
    const message = await send(client, { ...request, target })
    const location = redirects.has(message.statusCode ?? 0) ? message.headers.location : undefined
    if (location === undefined) return { message, target, via }
    message.destroy()
    via.push(target.url.href)
    if (via.length > maxRedirects) throw new ToolError(`There were more than ${maxRedirects} redirects, the last one to ${inLine(location)}.`)
    target = nextTarget(client.hosts, target, location)
  }
}

/** The target of a redirect. @throws {ToolError} If it is not followed. */
export function nextTarget(hosts: Hosts, from: Target, location: string): Target {
  const refuse = (why: string): never => {
    throw new ToolError(`${inLine(from.url.href)} redirects to ${inLine(location)}, which was not followed: ${why}.`)
  }
  const next = URL.canParse(location, from.url.href) ? hosts.target(new URL(location, from.url).href) : { problem: 'it is not a URL' }
  if ('problem' in next) return refuse(next.problem)
  const isListed = from.isListed && next.isListed
  if (!isListed && withoutWww(next) !== withoutWww(from)) return refuse('it is another host. Request that URL if it is the right one')
  return next
}

function withoutWww({ url }: Target): string {
  return url.hostname.replace(/^www\./, '')
}

/** Does not wait longer than the signal for work that cannot be aborted. */
function settledBy<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
