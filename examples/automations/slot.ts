import { AgentError, type Journal, type RunHead } from 'capstan'

/** The time slot of a daily job: the day in UTC, which has no hour twice and skips none. Started twice on one day, the job is the same one. */
export function slotOf(now: Date): string {
  return now.toISOString().slice(0, 10)
}

/**
 * Makes this process the only one that works on the slot: it owns a run with the id of the slot. No lock file is needed: the journal sees
 * that an owner was killed, and a journal in PostgreSQL does so for processes on several machines.
 *
 * @returns A function that releases the slot. The run of a slot that was released is removed, so only an interrupted one stays in the journal.
 * @throws {AgentError} `run-locked` while another process works on the slot.
 */
// region take
export async function takeSlot(journal: Journal, slot: string): Promise<() => Promise<void>> {
  // The head of a run whose agent has no instructions and no tools: it is only owned, and never executed.
  const definition = { format: 2, instructions: null, tools: {}, hooks: [], output: null } as const
  const head: RunHead = { version: 2, runId: slot, agent: 'nightly', definition, input: [] }
  const run = await journal.open(slot, head)
  return async () => {
    await run.close()
    await journal.delete(slot).catch((error: unknown) => {
      // Another process has taken the slot in between, and will remove it.
      if (!AgentError.is(error) || error.code !== 'run-locked') throw error
    })
  }
}
// endregion
