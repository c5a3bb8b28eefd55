import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextLoop, setTimeout as sleep } from 'node:timers/promises'
import { commentAction, type Transmission, type WireAction } from './transmission.ts'

/** A response, its socket, and a signal that is aborted when the connection is closed. */
export interface Line {
  readonly response: ServerResponse
  /** The response releases its socket when it ends, but later faults need the socket. */
  readonly socket: Socket
  readonly gone: AbortSignal
}

/** Number of actions between two turns of the event loop, so that a disconnected client is noticed. */
const ACTIONS_PER_LOOP = 16

/**
 * Performs a transmission. The promise is fulfilled when its last action is done or the connection is closed; it is never rejected.
 *
 * @param onHeaders - Called when the status is sent.
 */
export async function transmit(transmission: Transmission, line: Line, onHeaders: (status: number) => void): Promise<void> {
  for (const [index, action] of transmission.actions.entries()) {
    // After the end of a response, its connection may still be open and have to be closed.
    const isOver = isEnding(action) ? line.socket.destroyed : line.gone.aborted
    if (isOver) return
    if (action.type === 'headers') onHeaders(transmission.status)
    await perform(action, transmission, line)
    if (index % ACTIONS_PER_LOOP === ACTIONS_PER_LOOP - 1) await nextLoop()
  }
}

function isEnding(action: WireAction): boolean {
  return action.type === 'close' || action.type === 'reset'
}

async function perform(action: WireAction, transmission: Transmission, line: Line): Promise<void> {
  const { response } = line
  switch (action.type) {
    case 'headers':
      response.writeHead(transmission.status, { ...transmission.headers })
      response.flushHeaders()
      return
    case 'bytes':
      for (let count = action.times ?? 1; count > 0 && !line.gone.aborted; count -= 1) await write(line, action.bytes)
      return
    case 'raw':
      line.socket.write(action.bytes)
      return nextLoop()
    case 'pause':
      return pause(line, action.ms)
    case 'silence':
      return keepSilent(line, action.everyMs)
    case 'end':
      response.end()
      return goneOr(line, (resolve) => response.once('finish', resolve))
    case 'close':
      await nextLoop()
      line.socket.destroySoon()
      return untilGone(line)
    case 'reset':
      // Two turns of the event loop: in the first, Node uncorks the socket; in the second, it sends the bytes that a reset would discard.
      await nextLoop()
      await nextLoop()
      line.socket.resetAndDestroy()
      return untilGone(line)
  }
}

async function write(line: Line, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return
  // Waiting for `drain` gives the backpressure of a slow client to the server.
  if (!line.response.write(bytes)) await goneOr(line, (resolve) => line.response.once('drain', resolve))
}

async function pause(line: Line, ms: number): Promise<void> {
  if (ms <= 0) return nextLoop()
  await sleep(ms, undefined, { signal: line.gone }).catch(() => undefined)
}

async function keepSilent(line: Line, everyMs: number | undefined): Promise<void> {
  if (everyMs === undefined) return untilGone(line)
  const comment = commentAction('keep-alive')
  while (!line.gone.aborted) {
    await pause(line, everyMs)
    if (!line.gone.aborted) await write(line, comment.bytes)
  }
}

function untilGone(line: Line): Promise<void> {
  return goneOr(line, () => undefined)
}

function goneOr(line: Line, listen: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      line.gone.removeEventListener('abort', settle)
      resolve()
    }
    if (line.gone.aborted) return settle()
    line.gone.addEventListener('abort', settle)
    listen(settle)
  })
}
