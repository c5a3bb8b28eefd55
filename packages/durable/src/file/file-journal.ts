import { resolve } from 'node:path'
import type { Journal } from '@capstan/core'
import { checkNames } from '@capstan/core/internal'
import type { RunInFolder } from './runs.ts'

/** Options of `fileJournal`. */
export interface FileJournalOptions {
  /**
   * How long an owner that does not renew its lease keeps a run, in milliseconds. Owners renew the lease three times in this time. A
   * process that is certainly gone loses the run at once. Default: 30,000.
   */
  readonly leaseMs?: number
  /** Takes over runs whose owner is not certainly gone: only for a person who knows that it is. Default: false. */
  readonly force?: boolean
}

/**
 * Keeps each run in a folder of its own: an append-only log of JSON lines, synced before a record counts; the decisions of people beside
 * it; and large values in files. One process at a time writes a run. Any process may read it and decide its questions.
 *
 * @param folder - Created when it does not exist, for its owner only. It must be on a local disk.
 * @throws {AgentError} `invalid-options` for an unknown option.
 */
export function fileJournal(folder: string, options: FileJournalOptions = {}): Journal {
  checkNames(options, { names: ['leaseMs', 'force'], what: 'an option of fileJournal' })
  const { leaseMs = 30_000, force = false } = options
  const root = resolve(folder)
  const runOf = (runId: string): RunInFolder => ({ root, runId, leaseMs, force })
  // Loaded at the first use.
  const runs = () => import('./runs.ts')
  return {
    open: async (runId, head) => await (await runs()).openRun(runOf(runId), head),
    read: async (runId) => await (await runs()).readRun(runOf(runId)),
    decide: async (runId, decision) => await (await runs()).decideRun(runOf(runId), decision),
    list: async () => await (await runs()).listRuns(root),
    delete: async (runId) => await (await runs()).deleteRun(runOf(runId)),
  }
}
