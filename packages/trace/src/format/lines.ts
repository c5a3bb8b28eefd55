import type { RunEvent, TracedAnswer } from '@capstan/core'

/** The version of the format that this release writes and reads. */
export const traceVersion = 1

/** One line of a trace. A file of only exchanges is a tape: those who play it ignore all other lines. */
export type TraceLine = TraceHeader | EventLine | AnswerLine | ExchangeLine

/** The first line of a file, and the first line that a process adds to one. */
export interface TraceHeader {
  readonly type: 'trace'
  readonly version: number
  /** When this process opened the file, in milliseconds since the Unix epoch. */
  readonly at: number
  /** Version of Capstan, and of Node.js. */
  readonly capstan: string
  readonly node: string
  readonly pid: number
  /** Of a file that holds one run. */
  readonly runId?: string
  /** Of a run that began with too many bytes for one file: 2 for the second file, and so on. */
  readonly part?: number
}

/** One event of a run. */
export interface EventLine {
  readonly type: 'event'
  readonly event: TracedEvent
}

/**
 * An event as core emits it. The deltas of one attempt are merged: one event of each type (for `tool-call-delta` one for each `index`) with the
 * complete text in `delta`. An attempt that takes long has one for each span of a second or two, in order; their texts follow each other.
 */
export type TracedEvent = RunEvent & {
  /** Of merged deltas: when the last one came; `at` is the time of the first. */
  readonly endAt?: number
}

/** What a person answered while the run waited for it. A run that ended as paused, and was resumed, has its questions in its `run-end`, too. */
export interface AnswerLine extends TracedAnswer {
  readonly type: 'answer'
}

/** One HTTP exchange: written when it ends, complete, broken or aborted. All bytes are those of the wire, but for secrets. */
export interface ExchangeLine extends ExchangePlace {
  readonly type: 'exchange'
  /** Counts from 1 in one process. */
  readonly id: number
  /** What `exchangeKey` makes of the request: finds the exchange on a tape. Absent in a trace, whose readers make it. */
  readonly key?: string
  readonly request: TracedRequest
  /** Absent when the exchange broke before the headers of a response. */
  readonly response?: TracedResponse
  /** The chunks of the response body as they came, compressed if the server compressed it: milliseconds since `request.at`, and the bytes in base64. */
  readonly chunks: readonly (readonly [ms: number, base64: string])[]
  /** What broke the exchange; absent for one that is complete. `aborted`: this side closed it. */
  readonly error?: { readonly code: string; readonly message: string; readonly retryable?: boolean }
  /** In milliseconds since the Unix epoch. */
  readonly endAt: number
}

/** The request of a run that an exchange is. Absent for one that was made outside of any run. */
export interface ExchangePlace {
  readonly runId?: string
  /** Of an agent inside the run, as in its events. */
  readonly path?: readonly string[]
  readonly step?: number
  /** As in the `attempt` event. */
  readonly attempt?: number
  /** True for a request for a summary of the history, whose attempts count for themselves. */
  readonly summary?: true
}

/** A request as it was sent. */
export interface TracedRequest {
  readonly method: string
  /** Without credentials in the query. */
  readonly url: string
  /** By lower-case name; `[redacted]` for a value that may be a credential. */
  readonly headers: Readonly<Record<string, string>>
  /** UTF-8, unless `bodyEncoding` says otherwise. */
  readonly body: string
  readonly bodyEncoding?: 'base64'
  /** Bytes of the body that were too many to be kept: the exchange cannot be replayed. */
  readonly omittedBytes?: number
  /** In milliseconds since the Unix epoch, with fractions. */
  readonly at: number
}

/** The head of a response. */
export interface TracedResponse {
  readonly status: number
  /** By lower-case name; `[redacted]` for a value that may be a credential. */
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of the body that were too many to be kept: the exchange cannot be replayed. */
  readonly omittedBytes?: number
  /** In milliseconds since the Unix epoch, with fractions. */
  readonly at: number
}
