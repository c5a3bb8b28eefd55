import { setImmediate as nextLoop } from 'node:timers/promises'
import type { ChatSettings } from '@capstan/adapters'

type Dispatcher = NonNullable<ChatSettings['dispatcher']>
type Dispatch = Dispatcher['dispatch']

/** A dispatcher that does one thing with every request: connections of the kind that loopback does not have. */
export function dispatcherOf(dispatch: Dispatch): Dispatcher {
  // A model asks a dispatcher for nothing but `dispatch`.
  return { dispatch } as unknown as Dispatcher
}

/** A connector that fails with an error of Node's or undici's, before anything is sent. */
export function failingConnector(code: string, message: string): Dispatcher {
  return dispatcherOf((_options, handler) => {
    const error = Object.assign(new Error(message), { code })
    setImmediate(() => handler.onResponseError?.(controller, error))
    return true
  })
}

/** A connector that never calls back, as for a host without a route. */
export function silentConnector(): Dispatcher {
  return dispatcherOf(() => true)
}

const controller = { abort: () => undefined, pause: () => undefined, resume: () => undefined } as unknown as Parameters<
  NonNullable<Parameters<Dispatch>[1]['onResponseError']>
>[0]

/** The pieces of one body, each given in a turn of the event loop of its own. */
export type Pieces = readonly Uint8Array[]

/**
 * A dispatcher that answers each request with a stream of these bytes, cut exactly into these pieces, without a socket. It shows what a
 * server and a network can do to the bytes of a body, and is much faster.
 *
 * @param answer - The pieces for the request with this number, from 0.
 */
export function bytesDispatcher(answer: (index: number) => Pieces): { readonly dispatcher: Dispatcher; readonly requests: () => number } {
  let count = 0
  const dispatcher = dispatcherOf((_options, handler) => {
    void deliver(handler, answer(count++))
    return true
  })
  return { dispatcher, requests: () => count }
}

async function deliver(handler: Parameters<Dispatch>[1], pieces: Pieces): Promise<void> {
  let isAborted = false
  const abort = (): void => {
    isAborted = true
  }
  const stoppable = { ...controller, abort } as typeof controller
  await nextLoop()
  handler.onRequestStart?.(stoppable, {})
  handler.onResponseStart?.(stoppable, 200, { 'content-type': 'text/event-stream' })
  for (const piece of pieces) {
    if (isAborted) return
    handler.onResponseData?.(stoppable, Buffer.from(piece))
    await nextLoop()
  }
  if (!isAborted) handler.onResponseEnd?.(stoppable, {})
}
