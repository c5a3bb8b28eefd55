import { once } from 'node:events'
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { bareName, type Target } from './hosts.ts'
import { checkAddress, type HostAddress } from './resolve.ts'

/**
 * Connects to one of the addresses, all of which were checked, and checks the address to which the connection was really made before a
 * byte is sent. Names are not asked for again, so that an answer that changes has no effect.
 *
 * @throws {ToolError} If the address is not allowed.
 */
export async function connectTo(target: Target, addresses: readonly HostAddress[], signal: AbortSignal): Promise<Socket> {
  const { url, kinds } = target
  const isSecure = url.protocol === 'https:'
  const hostname = bareName(url.hostname)
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  // A name, so that the addresses are tried one after the other as Node does it; it is looked up in the list only.
  const socket = connectTcp({ host: 'checked', port, lookup: lookupIn(addresses), autoSelectFamily: true, signal })
  await once(socket, 'connect')
  try {
    checkAddress(socket.remoteAddress ?? '', kinds)
    if (!isSecure) return socket
    // Set explicitly, so that the variable NODE_TLS_REJECT_UNAUTHORIZED has no effect.
    const secured = connectTls({
      socket,
      servername: isName(hostname) ? hostname : '',
      host: hostname.replace(/^\[|\]$/g, ''),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
    })
    await once(secured, 'secureConnect', { signal })
    return secured
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function lookupIn(addresses: readonly HostAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses
    if (options.all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}

function isName(hostname: string): boolean {
  return !hostname.startsWith('[') && !/^[\d.]+$/.test(hostname)
}
