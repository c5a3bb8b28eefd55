import type { JsonObject } from './json.ts'

/** A request that is refused: what the error body says, before a family words it. */
export interface Rejection {
  readonly status: number
  readonly message: string
  /** `error.type`, where a family has one of its own. */
  readonly type?: string | undefined
  /** `error.param`. */
  readonly parameter?: string | undefined
  /** More fields of the error, for families that have them. */
  readonly fields?: JsonObject | undefined
  /** Headers beside those of every answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A 400 with a message. */
export function badRequest(message: string, parameter?: string): Rejection {
  return { status: 400, message, parameter }
}
