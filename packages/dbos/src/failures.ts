import { AgentError, type ErrorData } from '@capstan/core'
import { Error as Errors, PortableWorkflowError } from '@dbos-inc/dbos-sdk'

/** Converts an error that ended a run to what the workflow throws. DBOS records it and does not run the workflow again. */
export function toWorkflowError(error: unknown): unknown {
  if (!AgentError.is(error)) return error
  // The cause is an error of DBOS, which must reach DBOS unchanged: a workflow that was cancelled or taken over must not end as failed.
  if (error.code === 'engine-failed') return error.cause
  return new PortableWorkflowError(error.message, error.name, error.code, JSON.parse(JSON.stringify(error)))
}

/** Converts what a call of DBOS threw to the error for the caller. */
export function fromDbosError(error: unknown, runId: string): AgentError {
  if (AgentError.is(error)) return error
  if (error instanceof Error && 'data' in error && isErrorData(error.data)) return new AgentError(error.message, error.data)
  const words = error instanceof Error ? error.message : String(error)
  const isVerdict = error instanceof Errors.DBOSError || error instanceof PortableWorkflowError
  const message = isVerdict
    ? `DBOS stopped the run '${runId}', or refused the call: ${words}`
    : `DBOS could not be reached about the run '${runId}', which may still be running: ${words}`
  return new AgentError(message, { code: 'engine-failed', phase: 'loop', retryable: !isVerdict, cause: error })
}

// The data was written by `toWorkflowError`.
function isErrorData(data: unknown): data is ErrorData {
  return typeof data === 'object' && data !== null && 'code' in data && 'phase' in data && 'retryable' in data
}
