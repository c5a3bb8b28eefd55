import { AgentError } from '../contract/errors.ts'
import { describe } from './describe.ts'

/** What broke a run, as an `AgentError`: anything else that was thrown is a defect. */
export function asAgentError(thrown: unknown): AgentError {
  if (AgentError.is(thrown)) return thrown
  return new AgentError(`A defect ended the run: ${describe(thrown)}.`, { code: 'internal', phase: 'loop', cause: thrown })
}
