import { resolve } from 'node:path'
import type { Journal } from '@capstan/core'
import type { RunPlace } from './runs.ts'

export interface FileJournalOptions {
  /**
   * Takes runs over although their owner is not certainly gone: for a person who knows that it is. Two owners that both live would
   * run tools twice. Default: false.
   */
  readonly force?: boolean
}

/**
 * Keeps each run in a folder of its own: an append-only JSONL log that is synced before a record counts, decisions of people beside
 * it, and large values in files. One process at a time writes a run; any may read it and decide its questions.
 *
 * @param folder - Made when it is not there.
 */
export function fileJournal(folder: string, { force = false }: FileJournalOptions = {}): Journal {
  const root = resolve(folder)
  const placeOf = (runId: string): RunPlace => ({ root, runId, force })
  // Loaded with the first use: naming a journal costs nothing.
  const runs = () => import('./runs.ts')
  return {
    open: async (runId, head) => await (await runs()).openRun(placeOf(runId), head),
    read: async (runId) => await (await runs()).readRun(placeOf(runId)),
    decide: async (runId, decision) => await (await runs()).decideRun(placeOf(runId), decision),
    list: async () => await (await runs()).listRuns(root),
    delete: async (runId) => await (await runs()).deleteRun(placeOf(runId)),
  }
}
