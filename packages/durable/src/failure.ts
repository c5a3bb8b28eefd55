import { AgentError, type RunHead } from '@capstan/core'
import { isRunVersion } from '@capstan/core/internal'
import { adviceFor } from './advice.ts'
import type { ProcessIdentity } from './process-identity.ts'

/**
 * Runs work on a store. What the store or the operating system throws becomes `journal-failed`.
 *
 * @param path - The file or folder of the store, if it has one: the error says what to do about it.
 */
export async function guarded<Result>(what: string, work: () => Promise<Result>, path?: string): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (AgentError.is(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const [where, advice] = path === undefined ? ['', ''] : [` in ${path}`, adviceFor(error, path)]
    throw new AgentError(`${what}${where} failed: ${reason}.${advice}`, { code: 'journal-failed', cause: error })
  }
}

/** True for an error of Node or of the operating system with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

export function notFound(runId: string, where: string): AgentError {
  return new AgentError(`There is no run '${runId}' in ${where}.`, { code: 'run-not-found' })
}

/**
 * Makes the error for a run whose owner may still be alive.
 *
 * @param leftMs - The rest of its lease; `undefined` for an owner of release 0.1.0 in files, which has no lease.
 */
export function locked(runId: string, { pid, host }: ProcessIdentity, leftMs: number | undefined): AgentError {
  const lease =
    leftMs === undefined ? 'It has no lease: if the process is gone, open the journal with `force`.' : `Its lease ends in ${Math.ceil(leftMs / 1_000)} s.`
  const message = `The run '${runId}' is locked: process ${pid} on ${host} owns it, and it is not certain that this process is gone. ${lease}`
  return new AgentError(message, { code: 'run-locked' })
}

/** Makes the error for a run that another process took from its owner. */
export function lostOwnership(runId: string): AgentError {
  return new AgentError(`Another process took over the run '${runId}', so this process can no longer write it.`, { code: 'run-locked' })
}

/** Makes the error for a free run that another process took first. */
export function takenMeanwhile(runId: string): AgentError {
  return new AgentError(`The run '${runId}' is locked: another process took it at the same time.`, { code: 'run-locked' })
}

/** Makes the error for content of a store that this package did not write. */
export function broken(what: string): AgentError {
  return new AgentError(`${what}. Another program changed it, or the disk is damaged. Nothing was repaired.`, { code: 'journal-failed' })
}

/** @throws {AgentError} `invalid-use` if the head belongs to another run. */
export function checkRunId(runId: string, head: RunHead | undefined): void {
  if (head !== undefined && head.runId !== runId)
    throw new AgentError(`The head belongs to the run '${head.runId}', not to '${runId}'.`, { code: 'invalid-use' })
}

/** @throws {AgentError} `journal-failed` if a newer version of Capstan began the run. */
export function checkVersion({ runId, version }: RunHead): void {
  if (isRunVersion(version)) return
  throw new AgentError(
    `The run '${runId}' has version ${JSON.stringify(version)}, which this version of Capstan cannot read. Use a newer version of Capstan.`,
    {
      code: 'journal-failed',
    },
  )
}
