import { AsyncLocalStorage } from 'node:async_hooks'
import type { FetchLike } from '@modelcontextprotocol/client'
import { ConnectionFailure } from '../failure.ts'

/** The request of a client for which HTTP requests are sent. */
export interface RequestScope {
  /** Called when the answer cannot come any more. */
  fail(error: Error): void
}

/** The request that the current code works for. */
export const requestScope: AsyncLocalStorage<RequestScope> = new AsyncLocalStorage()

/**
 * A `fetch` that reads at most so many bytes of one message. The client package reads a complete body into memory, and waits for ever for the
 * answer in a stream that broke: here the request that is waiting fails at once.
 */
export function boundedFetch(maxBytes: number): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init)
    if (response.body === null) return response
    const scope = init?.method === 'POST' ? requestScope.getStore() : undefined
    const isStream = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')
    const body = response.body.pipeThrough(isStream ? boundEvents(maxBytes) : boundBody(maxBytes))
    return new Response(watch(body, isStream ? scope : undefined), { status: response.status, statusText: response.statusText, headers: response.headers })
  }
}

function tooLarge(maxBytes: number): ConnectionFailure {
  return new ConnectionFailure(`its answer has more than ${maxBytes} bytes, so it was not read`)
}

function boundBody(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength
      if (size > maxBytes) controller.error(tooLarge(maxBytes))
      else controller.enqueue(chunk)
    },
  })
}

/** Counts the bytes of one event: the stream itself may last for days. */
function boundEvents(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0
  return new TransformStream({
    transform(chunk, controller) {
      const end = lastBlankLine(chunk)
      size = end < 0 ? size + chunk.byteLength : chunk.byteLength - end
      if (size > maxBytes || chunk.byteLength > maxBytes) controller.error(tooLarge(maxBytes))
      else controller.enqueue(chunk)
    },
  })
}

/** The position after the last two line ends in sequence, or -1. A blank line that two chunks share is not seen: the next one is. */
function lastBlankLine(chunk: Uint8Array): number {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  const ends = ['\n\n', '\r\n\r\n', '\r\r'].map((text) => ({ at: bytes.lastIndexOf(text), length: text.length })).filter(({ at }) => at >= 0)
  return ends.length === 0 ? -1 : Math.max(...ends.map(({ at, length }) => at + length))
}

/** Tells the waiting request when its stream broke, or ended and cannot be continued: it had no event with an id. */
function watch(body: ReadableStream<Uint8Array>, scope: RequestScope | undefined): ReadableStream<Uint8Array> {
  if (scope === undefined) return body
  const reader = body.getReader()
  let canResume = false
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) {
          canResume ||= /^id:/m.test(Buffer.from(value).toString('latin1'))
          return controller.enqueue(value)
        }
        controller.close()
        if (!canResume) failSoon(scope)
      } catch (error) {
        controller.error(error)
        if (!canResume || error instanceof ConnectionFailure)
          scope.fail(error instanceof ConnectionFailure ? error : new ConnectionFailure('the connection broke before it answered'))
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

/** The client gets the last event after the end of the stream: by then the request is answered. */
function failSoon(scope: RequestScope): void {
  setTimeout(() => scope.fail(new ConnectionFailure('it ended its response without an answer')), 1_000).unref()
}
