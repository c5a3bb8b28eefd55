import type { Json } from '../../contract/json.ts'
import type { PendingQuestion } from '../../contract/result.ts'
import type { Decision } from '../journal.ts'

/**
 * What a distributed engine provides to host a run: steps that it records, and decisions that it waits for. One object for one
 * execution of the run; after a crash the engine makes another one, in any process, and the run goes by what is recorded.
 */
export interface Engine {
  /** The same object for all runs of one connection to the engine in this process: a body that is under way in it is not started twice. */
  readonly scope: object
  /**
   * True when the engine runs each body in the asynchronous context of the caller of `steps`, with a context of its own added to it.
   * Otherwise the host runs each body in the context in which the run was started: `AsyncLocalStorage` of the caller is there.
   */
  readonly keepsContext?: boolean
  /**
   * Starts the bodies of all steps without a recorded value, in array order, and records what each returns. Bodies never reject,
   * so the engine has nothing to retry. A body may stay open for good when the run was aborted.
   *
   * @returns The values in array order.
   */
  steps(steps: readonly EngineStep[]): Promise<readonly Json[]>
  /**
   * Waits durably until each question is decided. A question with `askedAt` and `expiresInMs` expires at their sum: the engine then
   * decides with `expiredDecision`, through the same store, and returns the first decision about the question. In array order.
   */
  decisions(questions: readonly PendingQuestion[]): Promise<readonly Decision[]>
}

/** One operation that an engine executes and records. */
export interface EngineStep {
  /** Unique in its run and the same in every replay, such as `steps/1/tools/0 tool pay`. */
  readonly name: string
  readonly run: () => Promise<Json>
}
