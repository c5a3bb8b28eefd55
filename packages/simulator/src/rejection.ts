import type { JsonObject } from './json.ts'

/** A request that is refused: what the error body says, before a family words it. */
export interface Rejection {
  readonly status: number
  readonly message: string
  /** `error.type`, where a family has a type for this error. */
  readonly type?: string | undefined
  /** `error.param`. */
  readonly parameter?: string | undefined
  /** More fields of the error, for families that have them. */
  readonly fields?: JsonObject | undefined
  /** Headers beside those of every response. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A 400 with a message. */
export function badRequest(message: string, parameter?: string): Rejection {
  return { status: 400, message, parameter }
}

/**
 * A refusal because of how the simulator was set up, not because of the request: the same request can never succeed.
 * Clients do not send a request again after a 4xx other than 408, 409, 425 and 429, nor where `x-should-retry` is false.
 */
export function setupError(message: string, type: string, status = 400): Rejection {
  return { status, message, type, headers: { 'x-should-retry': 'false' } }
}
