import type { JsonObject } from '../contract/json.ts'
import type { PendingQuestion, RunStatus, StopReason } from '../contract/result.ts'

/** Which runs a journal lists. */
export interface RunListOptions {
  /** Only runs with this status, or one of these. */
  readonly status?: ListedStatus | readonly ListedStatus[]
  /** Only runs of the agent with this name. */
  readonly agent?: string
  /** Only runs whose metadata have each of these names, with an equal value. */
  readonly metadata?: JsonObject
  /** Only runs that were not changed since this time, in milliseconds since the Unix epoch. */
  readonly changedBefore?: number
  /** How many runs at most, from 1 to 1,000. Default: 100. */
  readonly limit?: number
  /** Continues after the page that gave it. */
  readonly cursor?: string
}

/**
 * What became of a run: the status of its last result; `unfinished` while it is at work or after a crash; `broken` if its records cannot
 * be read.
 */
export type ListedStatus = RunStatus | 'unfinished' | 'broken'

/** Some runs of a journal, the last begun first. */
export interface RunPage {
  readonly runs: readonly ListedRun[]
  /** Continues after these runs; `undefined` at the end. Runs that begin meanwhile do not move the others. */
  readonly cursor?: string
}

/** One run in the list of a journal. */
export interface ListedRun {
  readonly runId: string
  readonly status: ListedStatus
  /** Why its last process left it; `undefined` while it is `unfinished` or `broken`. */
  readonly stopReason?: StopReason
  /** `unknown` for runs of release 0.1.0. */
  readonly agent: string
  readonly metadata?: JsonObject
  /** The id of its session. */
  readonly session?: string
  /** Milliseconds since the Unix epoch. Of a run that an earlier release began: when it was first listed or changed. */
  readonly beganAt: number
  /** Milliseconds since the Unix epoch. */
  readonly changedAt: number
  /** What people have still to decide. */
  readonly questions: readonly PendingQuestion[]
  /** Why its records cannot be read. */
  readonly problem?: string
}
