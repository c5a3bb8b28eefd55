import type { Journal } from '@capstan/core'
import { checkNames } from '@capstan/core/internal'
import type { Runs } from './runs.ts'

/** Options of `sqliteJournal`. */
export interface SqliteJournalOptions {
  /**
   * How long an owner that does not renew its lease keeps a run, in milliseconds. Owners renew the lease three times in this time. A
   * process that is certainly gone loses the run at once. Default: 30,000.
   */
  readonly leaseMs?: number
  /** Takes over runs whose lease has not ended: only for a person who knows that the owner is gone. Default: false. */
  readonly force?: boolean
}

/**
 * Keeps runs in a SQLite database, with `node:sqlite`. The owner of a run has a lease and a number that each append checks, so an owner
 * that was stopped past the end of its lease cannot write any more.
 *
 * @param path - The database file, created when it does not exist, readable by its owner only. Several journals may share it. It must
 * be on a local disk.
 * @throws {AgentError} `invalid-options` for an unknown option. Its methods: `invalid-options` on a Node without SQLite (older than 22.13).
 */
export function sqliteJournal(path: string, options: SqliteJournalOptions = {}): Journal {
  checkNames(options, { names: ['leaseMs', 'force'], what: 'an option of sqliteJournal' })
  const { leaseMs = 30_000, force = false } = options
  let loaded: Promise<Runs> | undefined
  // Loaded at the first use. One connection serves all uses.
  const runs = (): Promise<Runs> => {
    loaded ??= import('./runs.ts').then((module) => new module.Runs(path, { leaseMs, force }))
    return loaded
  }
  return {
    open: async (runId, head) => await (await runs()).open(runId, head),
    read: async (runId) => await (await runs()).read(runId),
    decide: async (runId, decision) => await (await runs()).decide(runId, decision),
    list: async () => await (await runs()).list(),
    delete: async (runId) => await (await runs()).delete(runId),
  }
}
