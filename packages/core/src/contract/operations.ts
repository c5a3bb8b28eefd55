import type { RunEventBody } from './events.ts'
import type { Json } from './json.ts'
import type { Permit } from './model.ts'
import type { PendingQuestion, RunVersion } from './result.ts'
import type { ToolEffect } from './tool.ts'

/**
 * The durability seam: everything a run does to the world goes through these two methods. Between them the loop is a pure
 * function of its input and of recorded outcomes, so a host that remembers outcomes can replay a run in another process. One call at a time:
 * children of a run share them in rounds.
 */
export interface Operations {
  readonly runId: string
  /** Rules that changed between releases depend on it, so a run keeps the course that it began with. Known once the run is open. */
  readonly version: RunVersion
  /** Of a child: the run that it belongs to, and the calls that it runs under, the outermost first. */
  readonly origin?: { readonly runId: string; readonly path: readonly { readonly step: number; readonly index: number }[] }
  /**
   * Runs the batch in parallel, started in array order; outcomes come in array order. An operation that was recorded is not run
   * again. Rejects at once when the run is aborted, whatever the operations do.
   */
  perform<Output>(operations: readonly Operation<Output>[]): Promise<readonly Outcome<Output>[]>
  /** Outcomes in order. A question is pending where this host does not wait for people: the run pauses. */
  ask(questions: readonly PendingQuestion[]): Promise<readonly AskOutcome[]>
}

export interface Operation<Output> {
  /** Derived from the position in the run, such as `steps/2/tools/1`, with the path of a child before it: the same in every replay. */
  readonly id: string
  /** The kind of operation, such as `model` or `tool pay`: compared on replay. */
  readonly name: string
  readonly effect: ToolEffect
  /** At most this many bodies of one batch run at once. Default: no limit. */
  readonly concurrency?: number
  /** How long it waits before it begins, in milliseconds, such as before a retry. Active time. Nothing was begun yet when a stop or a crash ends it. */
  readonly delayMs?: number
  /** Waits, after the delay, for a permit, which `run` has to release. Not active time; otherwise as the delay. */
  readonly acquire?: (signal: AbortSignal) => Promise<Permit>
  /** False where the record may be lost with the power of the machine: nothing has been done yet that depends on it. Default: true. */
  readonly isDurable?: boolean
  /** Returns JSON. Failures are values: a throw is a defect and is not recorded. */
  run(context: OperationContext): Promise<Output>
}

export interface OperationContext {
  /** `runId/id`: stable over repetitions, for idempotency. */
  readonly key: string
  /** How often the body was started, this time included. */
  readonly executions: number
  /** Aborts with the run. */
  readonly signal: AbortSignal
  /** How long the operation waited as part of the active time: in the queue of its batch, and for its delay. In milliseconds. */
  readonly waitedMs: number
  /** What `acquire` of the operation returned. */
  readonly permit?: Permit | undefined
  /** Shows a live event. Live events are never recorded. */
  readonly emit: (event: RunEventBody) => void
  /** `undefined` while consumers keep up; otherwise a promise to await before more is fetched. */
  readonly room: () => Promise<void> | undefined
}

export type Outcome<Output> =
  | {
      readonly status: 'done'
      readonly output: Output
      /** How long the body took, in milliseconds. */
      readonly ms: number
      /** How long it waited before as part of the active time, in milliseconds. */
      readonly waitedMs: number
      /** How often the body was started, including executions that a crash interrupted. */
      readonly executions: number
      /** When the body ended, in milliseconds since the Unix epoch, by the clock of the process that ran it. Unknown in runs of release 0.1.0. */
      readonly at?: number | undefined
      /** True when it came from a record. */
      readonly replayed: boolean
    }
  /** A `once` operation was started, and its outcome was never recorded. */
  | { readonly status: 'unknown' }

/** What a host knows about a question: the answer, or that people have still to answer it. */
export type AskOutcome =
  | {
      readonly status: 'answered'
      readonly value: Json
      /** When it was given, in milliseconds since the Unix epoch. Unknown in runs of release 0.1.0. */
      readonly at?: number | undefined
      /** True when the answer was already part of the records that the run was continued from. */
      readonly replayed: boolean
    }
  | { readonly status: 'pending'; readonly question: PendingQuestion }
