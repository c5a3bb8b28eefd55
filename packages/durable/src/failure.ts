import { AgentError } from '@capstan/core'

/** Runs work on a store; what the store or the operating system throws becomes `journal-failed`. */
export async function guarded<Result>(what: string, work: () => Promise<Result> | Result): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (AgentError.is(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new AgentError(`${what} failed: ${reason}.`, { code: 'journal-failed', cause: error })
  }
}

/** The journal has no such run. */
export function notFound(runId: string, place: string): AgentError {
  return new AgentError(`There is no run '${runId}' in ${place}.`, { code: 'run-not-found' })
}

/** What is kept cannot be read as what was written. */
export function broken(what: string): AgentError {
  return new AgentError(`${what}. It was changed by something else, or the disk is broken; nothing of it is guessed.`, { code: 'journal-failed' })
}
