import type { Socket } from 'node:net'
import { setImmediate as nextLoop } from 'node:timers/promises'

/** What a client receives when it connects, instead of HTTP. */
export interface Greeting {
  /** Sent after the first bytes of the client. */
  readonly bytes?: Uint8Array
  readonly end: 'silence' | 'close' | 'reset'
}

/** Performs a greeting on a connection. */
export function greet(socket: Socket, { bytes, end }: Greeting): void {
  socket.once('data', () => void reply(socket, bytes, end))
}

async function reply(socket: Socket, bytes: Uint8Array | undefined, end: Greeting['end']): Promise<void> {
  if (bytes !== undefined) socket.write(bytes)
  await nextLoop()
  if (end === 'close') socket.destroySoon()
  if (end === 'reset') socket.resetAndDestroy()
}
