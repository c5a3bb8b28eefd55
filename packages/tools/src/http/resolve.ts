import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { ToolError } from '@capstan/core'
import { kindOfAddress } from './addresses.ts'
import { bareName, type Target } from './hosts.ts'

/** An address of a host. */
export interface HostAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Finds all addresses of a host name. */
export type ResolveHost = (hostname: string) => Promise<readonly HostAddress[]>

/** Asks the system, as `getaddrinfo` does: with its file of hosts. */
export const resolveBySystem: ResolveHost = async (hostname) => {
  const found = await lookup(hostname, { all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

/**
 * The addresses to which a connection for a URL may be made.
 *
 * @throws {ToolError} If one of the addresses is not allowed: who gives such an answer can give another one to the next question.
 */
export async function allowedAddresses({ url, kinds }: Target, resolve: ResolveHost): Promise<readonly HostAddress[]> {
  const hostname = bareName(url.hostname.replace(/^\[|\]$/g, ''))
  const family = isIP(hostname)
  const addresses = family === 0 ? await resolve(hostname) : [{ address: hostname, family: family === 6 ? (6 as const) : (4 as const) }]
  if (addresses.length === 0) throw new ToolError('The host has no address.')
  for (const { address } of addresses) checkAddress(address, kinds)
  return addresses
}

/** @throws {ToolError} If a connection to this address is not allowed. The message does not contain the address. */
export function checkAddress(address: string, kinds: Target['kinds']): void {
  const kind = kindOfAddress(address)
  if (!kinds.includes(kind)) throw new ToolError(`Nothing was requested: the host has an address that is not reached (${kind}).`)
}
