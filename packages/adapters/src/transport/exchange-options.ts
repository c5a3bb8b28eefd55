import type { Dispatcher } from '@capstan/core'
import type { Observation } from '../observe.ts'
import type { Clocks } from '../profiles/profile.ts'

/** One request. */
export interface ExchangeOptions {
  readonly origin: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Must not change before `send` has settled. */
  readonly body: Uint8Array
  readonly signal: AbortSignal
  /** Default: our own agent. */
  readonly dispatcher: Dispatcher | undefined
  readonly clocks: Clocks
  /** Bytes of the body, decompressed, after which the response is refused. */
  readonly maxBytes: number
  /** What must not appear in errors. */
  readonly secrets: readonly string[]
  /** Told what happens. */
  readonly observation: Observation | undefined
}
