import { AgentError, type ErrorData } from '@capstan/core'
import { Error as Errors, PortableWorkflowError } from '@dbos-inc/dbos-sdk'

/** What a workflow throws for an error that ended its run: DBOS records it, and does not run the workflow again. */
export function toWorkflowError(error: unknown): unknown {
  if (!AgentError.is(error)) return error
  // DBOS knows its own errors: a workflow that was cancelled or taken over must not end as failed.
  if (error.code === 'engine-failed') return error.cause
  return new PortableWorkflowError(error.message, error.name, error.code, JSON.parse(JSON.stringify(error)))
}

/** What a caller is told, of what a call of DBOS threw. */
export function fromDbosError(error: unknown, runId: string): AgentError {
  if (AgentError.is(error)) return error
  if (error instanceof Error && 'data' in error && isErrorData(error.data)) return new AgentError(error.message, error.data)
  const words = error instanceof Error ? error.message : String(error)
  const isVerdict = error instanceof Errors.DBOSError || error instanceof PortableWorkflowError
  const message = isVerdict
    ? `DBOS gave run '${runId}' up, or refused it: ${words}`
    : `DBOS could not be asked about run '${runId}', which may be under way all the same: ${words}`
  return new AgentError(message, { code: 'engine-failed', phase: 'loop', retryable: !isVerdict, cause: error })
}

// Written by `toWorkflowError`.
function isErrorData(data: unknown): data is ErrorData {
  return typeof data === 'object' && data !== null && 'code' in data && 'phase' in data && 'retryable' in data
}
