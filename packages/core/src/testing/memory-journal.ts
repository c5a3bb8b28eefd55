import { AgentError } from '../contract/errors.ts'
import type { Journal, OpenRun, RunHead } from '../durability/journal.ts'
import type { RunRecord } from '../durability/records.ts'

/** A journal in memory for one run. */
export interface MemoryJournal extends Journal {
  readonly records: readonly RunRecord[]
  /** A journal that holds the first records of this one: what a process that ended there had written. */
  cutAt(count: number): MemoryJournal
}

/** Makes a journal that holds these records. */
export function memoryJournal(head?: RunHead, written: readonly RunRecord[] = []): MemoryJournal {
  const records = [...written]
  let own = head
  const open = (runId: string): OpenRun => {
    if (own === undefined) throw new AgentError(`There is no run ${runId}.`, { code: 'run-not-found' })
    return {
      head: own,
      records: [...records],
      decisions: [],
      append: (added) => {
        // As a file would keep them.
        records.push(...(JSON.parse(JSON.stringify(added)) as RunRecord[]))
        return Promise.resolve()
      },
      readDecisions: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    }
  }
  return {
    records,
    cutAt: (count) => memoryJournal(own, records.slice(0, count)),
    open: (runId, created) => {
      own ??= created
      return Promise.resolve(open(runId))
    },
    read: (runId) => Promise.resolve(open(runId)),
    decide: (_, decision) => Promise.resolve(decision),
    list: () => Promise.resolve({ runs: [] }),
    delete: () => Promise.resolve(),
  }
}
