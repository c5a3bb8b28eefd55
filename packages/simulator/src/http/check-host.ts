import { isIP } from 'node:net'
import { type Rejection, setupError } from '../rejection.ts'

/** The names under which a server may be addressed. */
export interface OwnHosts {
  /** The host that the server was told to listen on. */
  readonly host: string
  /** Further names. */
  readonly allowedHosts: readonly string[]
}

/**
 * Checks that the `Host` header names this server: `localhost` or a name below it, a loopback address, the address that the connection
 * was made to, or a configured name. A web page whose own name was made to resolve to this machine (DNS rebinding) sends that name,
 * so that it cannot read responses or use up scripted replies.
 *
 * @param header - Value of `Host`; HTTP/1.0 clients, which are not browsers, may omit it.
 * @param localAddress - The address that the connection was made to.
 * @see https://datatracker.ietf.org/doc/html/rfc6761#section-6.3 names below localhost
 * @returns The refusal, or `undefined` when the header is right.
 */
export function checkHost(header: string | undefined, localAddress: string | undefined, { host, allowedHosts }: OwnHosts): Rejection | undefined {
  if (header === undefined) return undefined
  const name = nameIn(header)
  const own = [host, ...allowedHosts, ...(localAddress === undefined ? [] : [localAddress])].map(plainName)
  if (name !== undefined && (isLoopback(name) || own.includes(name))) return undefined
  const shown = JSON.stringify(header.slice(0, 100))
  const message = `The Host header ${shown} does not name this simulator. Other names are refused, because a web page could reach it under a name of its own (DNS rebinding). To fix this, use localhost or an address of this machine in the base URL, or start the simulator with allowedHosts: [${JSON.stringify(name ?? 'NAME')}].`
  return setupError(message, 'foreign_host', 403)
}

/** The name or the address in a `Host` header, without its port; `undefined` when the header has another form. */
function nameIn(header: string): string | undefined {
  const found = /^(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+))(?::\d*)?$/i.exec(header.trim())
  return found === null ? undefined : plainName(found[1] ?? found[2] ?? '')
}

/** In lower case, without the dot that ends an absolute name, and an IPv4 address in IPv6 form as IPv4. */
function plainName(name: string): string {
  const plain = name.toLowerCase().replace(/\.$/, '')
  return plain.startsWith('::ffff:') && isIP(plain.slice(7)) === 4 ? plain.slice(7) : plain
}

function isLoopback(name: string): boolean {
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost')
}
