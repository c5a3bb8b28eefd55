// The part of undici's dispatchers that is used, in types of our own: a compiler takes longer to read undici's types, and those of Node
// that they need, than everything else of this package.

/** What sends requests: any dispatcher of undici 7, such as a `ProxyAgent`. */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean
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
