import type { JsonObject } from '../json.ts'
import type { Rejection } from '../rejection.ts'
import type { Seeded } from '../seeded.ts'
import type { Completion } from './completion.ts'

/** The tool call for which an id is generated. */
export interface ToolCallContext {
  readonly name: string
  /** Position among the calls of this message. */
  readonly position: number
  /** Number of calls in the messages so far: some families count through the complete conversation. */
  readonly earlierCalls: number
  /** Differs between requests and candidates. */
  readonly label: string
}

/** Token counts, before they have the names of a family. */
export interface TokenCounts {
  readonly prompt: number
  readonly cached: number
  readonly completion: number
  /** `undefined` when the model did not think. */
  readonly reasoning: number | undefined
}

/** How one family encodes its responses. */
export interface Dialect {
  /** A comment before the first event of a stream. */
  readonly comment?: string
  completionId(seeded: Seeded, label: string): string
  fingerprint(seeded: Seeded): string
  toolCallId(seeded: Seeded, call: ToolCallContext): string
  usage(counts: TokenCounts): JsonObject
  /** The body of a completion that is not streamed. */
  body(completion: Completion): JsonObject
  /** The chunks of a streamed completion, without the end mark. */
  chunks(completion: Completion): readonly JsonObject[]
  /** The body of an error. */
  error(rejection: Rejection): JsonObject
  /** The error for a wrong key, or for a request without a key. */
  unauthenticated(key: string | undefined): Rejection
  /** The error for a status, and for a type of error where one status has several meanings. */
  statusRejection(status: number, type?: string): Rejection
}
