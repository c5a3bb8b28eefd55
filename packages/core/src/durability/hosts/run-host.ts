import type { Json } from '../../contract/json.ts'
import type { OperationContext, Operations } from '../../contract/operations.ts'
import type { RunVersion } from '../../contract/result.ts'
import type { RunRecord } from '../records.ts'

/** A host as a run drives it. */
export interface RunHost extends Operations {
  /** The records that the run can continue from; empty where a journal or an engine has it. */
  readonly records: readonly RunRecord[]
  /** How long the batch took that an abort or a defect cut, in milliseconds. */
  readonly cutMs: number
  /** Ends what is under way. */
  abort(reason: unknown): void
  /** @throws {AgentError} `state-mismatch` when one of these tools has a call whose outcome is unknown. */
  refuseChanged(tools: ReadonlySet<string>): void
  /**
   * Checks at the end of a run that it took the course that was recorded.
   *
   * @throws {AgentError} `state-mismatch` when records are left that nobody asked for.
   */
  checkCourse(): void
}

export interface HostOptions extends Partial<HostStart> {
  readonly runId: string
  /** Version of the state that the run continues from. Default: that of runs that begin now. */
  readonly version?: RunVersion | undefined
  readonly signal: AbortSignal
  readonly emit: OperationContext['emit']
  readonly room: OperationContext['room']
}

/** What a host continues from. */
export interface HostStart {
  /** Records of an earlier part of the same run. */
  readonly records: readonly RunRecord[]
  /** What people decided since, by question id. */
  readonly answers: ReadonlyMap<string, Json>
}
