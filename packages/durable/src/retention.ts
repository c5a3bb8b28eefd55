import type { Deleted, RetentionOptions } from './delete-old.ts'

/**
 * Deletes the runs and sessions that were not changed for so long. A run that a process owns is never deleted, and a run that is paused only if
 * `includeOpen` says so. Large values of deleted runs stay while a session that is left refers to them.
 *
 * @param ageMs - In milliseconds.
 * @throws {AgentError} `invalid-options`; `journal-failed` when a store fails: what was deleted until then is gone.
 */
export async function deleteOlderThan(ageMs: number, options: RetentionOptions): Promise<Deleted> {
  const { deleteOld } = await import('./delete-old.ts')
  return await deleteOld(ageMs, options)
}
