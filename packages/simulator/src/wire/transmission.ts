import type { Json } from '../json.ts'

/**
 * A response as data: a status, headers, and a list of actions on the socket.
 * Encoders make it, faults change it, and `transmit` performs it.
 */
export interface Transmission {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly actions: readonly WireAction[]
}

/** Bytes of the body. */
export interface BytesAction {
  readonly type: 'bytes'
  readonly bytes: Uint8Array
  /** `event`: one server-sent event; `done`: the end mark; `filler`: comments and blank lines; `body`: a body that is not a stream. */
  readonly role: 'event' | 'done' | 'filler' | 'body'
  /** The JSON value inside, if there is one. */
  readonly payload?: Json
  /** Written this many times; default 1. */
  readonly times?: number
}

/** One thing that happens on the socket. */
export type WireAction =
  | BytesAction
  /** The status line and the headers. */
  | { readonly type: 'headers' }
  /** Bytes that are written to the socket without HTTP framing. */
  | { readonly type: 'raw'; readonly bytes: Uint8Array }
  | { readonly type: 'pause'; readonly ms: number }
  /** Nothing until the client disconnects; with `everyMs`, comments at this interval. */
  | { readonly type: 'silence'; readonly everyMs?: number | undefined }
  /** A proper end of the response. */
  | { readonly type: 'end' }
  /** The connection is closed without an end of the response. */
  | { readonly type: 'close' }
  /** The connection is reset. */
  | { readonly type: 'reset' }

/** Bytes of one server-sent event. */
export function eventAction(payload: Json): BytesAction {
  return { type: 'bytes', role: 'event', payload, bytes: Buffer.from(`data: ${JSON.stringify(payload)}\n\n`) }
}

/** A JSON body that is not a stream. */
export function bodyAction(payload: Json): BytesAction {
  return { type: 'bytes', role: 'body', payload, bytes: Buffer.from(JSON.stringify(payload)) }
}

/** The mark that ends a stream. */
export const doneAction: BytesAction = { type: 'bytes', role: 'done', bytes: Buffer.from('data: [DONE]\n\n') }

/** A comment, which is not an event. */
export function commentAction(text: string): BytesAction {
  return { type: 'bytes', role: 'filler', bytes: Buffer.from(`: ${text}\n\n`) }
}

/** A complete stream of events, after an optional comment. */
export function streamTransmission(payloads: readonly Json[], comment?: string): Transmission {
  const opening = comment === undefined ? [] : [commentAction(comment)]
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    actions: [{ type: 'headers' }, ...opening, ...payloads.map(eventAction), doneAction, { type: 'end' }],
  }
}

/** A complete response with a JSON body. */
export function jsonTransmission(payload: Json, status = 200, headers: Readonly<Record<string, string>> = {}): Transmission {
  return { status, headers: { 'content-type': 'application/json', ...headers }, actions: [{ type: 'headers' }, bodyAction(payload), { type: 'end' }] }
}

/** A complete response with a body of text. */
export function textTransmission(text: string, status: number, headers: Readonly<Record<string, string>>): Transmission {
  const contentType = text.trimStart().startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8'
  const body: BytesAction = { type: 'bytes', role: 'body', bytes: Buffer.from(text) }
  return { status, headers: { 'content-type': contentType, ...headers }, actions: [{ type: 'headers' }, body, { type: 'end' }] }
}
