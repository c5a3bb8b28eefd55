import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextLoop, setTimeout as sleep } from 'node:timers/promises'
import { commentAction, type Transmission, type WireAction } from './transmission.ts'

/** A response together with a signal that fires when its connection is gone. */
export interface Line {
  readonly response: ServerResponse
  /** The response lets go of its socket when it ends; faults that come later need it. */
  readonly socket: Socket
  readonly gone: AbortSignal
}

/** Actions between two looks at the event loop, so that a client that leaves is noticed. */
const ACTIONS_PER_LOOP = 16

/**
 * Performs a transmission. Fulfilled when its last action is done or the connection is gone; never rejected.
 *
 * @param onHeaders - Called when the status goes out.
 */
export async function transmit(transmission: Transmission, line: Line, onHeaders: (status: number) => void): Promise<void> {
  for (const [index, action] of transmission.actions.entries()) {
    // A response that has ended is gone, but its connection may still be there to be closed.
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
      // Two loops: the first lets node uncork the socket, the second lets the bytes leave before the reset discards them.
      await nextLoop()
      await nextLoop()
      line.socket.resetAndDestroy()
      return untilGone(line)
  }
}

async function write(line: Line, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return
  // Waiting for drain is what lets a slow reader slow the server down.
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
