import type { Json } from '../../contract/json.ts'
import type { OperationContext, Operations } from '../../contract/operations.ts'
import type { RunVersion } from '../../contract/result.ts'
import type { RunRecord } from '../records.ts'

/** A host as a run drives it. */
export interface RunHost extends Operations {
  /** The records from which the run can continue; empty if a journal or an engine has them. */
  readonly records: readonly RunRecord[]
  /** How long the batch took that an abort or a defect cut, in milliseconds. */
  readonly cutMs: number
  /** Ends the operations in progress. */
  abort(reason: unknown): void
  /**
   * @param isRebound - Whether calls of a tool mean something else now. Its names: the tools whose agents it belongs to, and its own.
   * @throws {AgentError} `state-mismatch` when one of these tools has a call whose outcome is unknown.
   */
  refuseChanged(isRebound: (names: readonly string[]) => boolean): void
  /**
   * Checks at the end of a run that it took the course that was recorded.
   *
   * @throws {AgentError} `state-mismatch` if the run did not ask for all records.
   */
  checkCourse(): void
}

export interface HostOptions extends Partial<HostStart> {
  readonly runId: string
  /** The version of the state from which the run continues. Default: that of new runs. */
  readonly version?: RunVersion | undefined
  readonly signal: AbortSignal
  readonly emit: OperationContext['emit']
  readonly room: OperationContext['room']
}

/** The records and the configuration from which a host continues. */
export interface HostStart {
  /** Records of an earlier part of the same run. */
  readonly records: readonly RunRecord[]
  /** What people decided since, by question id. */
  readonly answers: ReadonlyMap<string, Json>
}
