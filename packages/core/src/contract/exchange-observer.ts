import type { AgentErrorCode } from './error-codes.ts'

/** Sees the HTTP exchanges of a model: what a recorder needs. What it throws is dropped, and it sees no more of that exchange. */
export interface ExchangeObserver {
  /**
   * Called with each request, just before it is sent.
   *
   * @returns What sees the response; nothing for an exchange that is of no interest.
   */
  onRequest(request: ObservedRequest): ResponseObserver | undefined
}

/** A request as it goes out, without credentials. */
export interface ObservedRequest {
  /** Parts of the query that are credentials are replaced by `[redacted]`. */
  readonly url: string
  readonly method: 'POST'
  /** By lower-case name, without `authorization` and without the values of other headers that are credentials. */
  readonly headers: Readonly<Record<string, string>>
  /** Only valid during the call: copy what you keep. */
  readonly body: Uint8Array
  /** Milliseconds since the Unix epoch, with fractions; so are all times here. */
  readonly at: number
  /** The request of a run that this is. Absent for one that was made outside of any run, such as by `model.complete()`. */
  readonly origin?: RequestOrigin
  /**
   * Replaces the credentials of this request by `[redacted]` in a text, such as a response that echoes its key: in any letter case,
   * percent-encoded, as base64 or as hexadecimal digits. Those under 8 characters are left, because they may be ordinary words.
   */
  redact(text: string): string
}

/** The request of a run that an exchange is. */
export interface RequestOrigin {
  readonly runId: string
  /** Of an agent inside the run, as in its events. */
  readonly path?: readonly string[]
  readonly step: number
  /** As in the `attempt` event. */
  readonly attempt: number
  /** True for a request for a summary of the history, whose attempts count for themselves. */
  readonly summary?: true
}

/** Sees the response of one request. Exactly one of `onEnd` and `onError` is called, last. */
export interface ResponseObserver {
  /** By lower-case name. */
  onHeaders(status: number, headers: Readonly<Record<string, string>>, at: number): void
  /** One chunk of the body as it came, compressed if the server compressed it. Only valid during the call. */
  onChunk(chunk: Uint8Array, at: number): void
  /** The body is complete. */
  onEnd(at: number): void
  /** The exchange broke, was aborted, or was closed before its end. */
  onError(error: Error & { readonly code: AgentErrorCode; readonly retryable: boolean }, at: number): void
}
