// The part of undici's dispatchers that is used, in types of our own: a compiler takes longer to read undici's types, and those of Node
// that they need, than everything else of the adapters.
import type { ExchangeObserver } from './exchange-observer.ts'

/** What sends requests: any dispatcher of undici 7, such as a `ProxyAgent`, or a tape. */
export interface Dispatcher {
  /**
   * Sends one request. An `AgentError` that it throws, or gives to `onResponseError`, becomes the error of the request as it is.
   *
   * @param next - What would send the request without this dispatcher.
   */
  dispatch(options: DispatchOptions, handler: DispatchHandler, next: Dispatcher): boolean
  /** True for one that reaches no network, such as a tape that replays: its requests need no key. Default: false. */
  readonly isOffline?: boolean
  /**
   * True for a tape. What refusals of an endpoint teach is then kept for this dispatcher and not for the process, so that a replay makes the
   * requests that its recording made. Default: false.
   */
  readonly isTape?: boolean
  /** Sees the exchanges of each model that uses the dispatcher, as `model.observed(observer)` would. */
  readonly observer?: ExchangeObserver
}

/** One request. */
export interface DispatchOptions {
  readonly origin: string
  readonly path: string
  readonly method: 'POST'
  headers: Record<string, string>
  readonly body: Uint8Array
  readonly headersTimeout: number
  readonly bodyTimeout: number
}

/** Headers or trailers of a response. */
export type DispatchHeaders = Record<string, string | string[] | undefined>

/** Receives the response. */
export interface DispatchHandler {
  onRequestStart(controller: DispatchController, context: unknown): void
  onResponseStart(controller: DispatchController, status: number, headers: DispatchHeaders): void
  onResponseData(controller: DispatchController, chunk: Uint8Array): void
  onResponseEnd(controller: DispatchController, trailers: DispatchHeaders): void
  onResponseError(controller: DispatchController, error: Error): void
}

/** Controls one exchange. */
export interface DispatchController {
  readonly paused: boolean
  pause(): void
  resume(): void
  abort(reason: Error): void
}
