import { AgentError } from '../contract/errors.ts'
import { describe } from '../support/describe.ts'

/** Makes the error for a defect. */
export function defectOf(defect: unknown, cause: unknown): AgentError {
  return new AgentError(`A defect ended the run: ${describe(defect)}.`, { code: 'internal', phase: 'loop', cause })
}

/** Makes the error of an aborted run. */
export function abortError(reason: unknown, attempts: number): AgentError {
  return new AgentError(`The run was aborted: ${describe(reason)}.`, { code: 'aborted', phase: 'loop', cause: reason, attempts })
}

/** Makes the error for stopping one run of an engine. */
export function engineStops(): AgentError {
  const message = 'A single run on an engine cannot be stopped. Drain its worker, as the documentation of the engine describes, or call `run.abort()`.'
  return new AgentError(message, { code: 'invalid-use' })
}

/** Makes the error for a run that belongs to another session than the one that is given. */
export function otherSession(runId: string, its: string | undefined, given: string | undefined): AgentError {
  const belongs = its === undefined ? 'belongs to no session' : `belongs to the session '${its}'`
  const fix = its === undefined ? 'Leave out `session`.' : 'Pass that session as `session`.'
  const was = given === undefined ? 'none was given' : `'${given}' was given`
  return new AgentError(`The run '${runId}' ${belongs}, and ${was}. ${fix}`, { code: 'invalid-use' })
}
