import type { JsonObject } from '../json.ts'
import type { Rejection } from '../rejection.ts'
import type { Seeded } from '../seeded.ts'
import type { Completion } from './completion.ts'

/** Where a generated tool-call id belongs. */
export interface ToolCallContext {
  readonly name: string
  /** Position among the calls of this message. */
  readonly position: number
  /** Calls in the messages so far: some families count through the whole conversation. */
  readonly earlierCalls: number
  /** Differs between requests and candidates. */
  readonly label: string
}

/** Token counts, before a family names them. */
export interface TokenCounts {
  readonly prompt: number
  readonly cached: number
  readonly completion: number
  /** `undefined` when the model did not think. */
  readonly reasoning: number | undefined
}

/** How one family writes on the wire. */
export interface Dialect {
  /** A comment before the first event of a stream. */
  readonly comment?: string
  completionId(seeded: Seeded, label: string): string
  fingerprint(seeded: Seeded): string
  toolCallId(seeded: Seeded, place: ToolCallContext): string
  usage(counts: TokenCounts): JsonObject
  /** The body of an answer that is not streamed. */
  body(completion: Completion): JsonObject
  /** The chunks of a streamed answer, without the end mark. */
  chunks(completion: Completion): readonly JsonObject[]
  /** The body of an error. */
  error(rejection: Rejection): JsonObject
  /** What the family says to a wrong key, or to none. */
  unauthenticated(key: string | undefined): Rejection
  /** What the family says for a status, and for a type of error where one status stands for several. */
  statusRejection(status: number, type?: string): Rejection
}
