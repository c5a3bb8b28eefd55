import type { Journal } from '@capstan/core'
import type { Runs } from './runs.ts'

export interface SqliteJournalOptions {
  /**
   * How long an owner that says nothing keeps a run, in milliseconds. It renews its lease three times in that time; a process that
   * is certainly gone loses it at once. Default: 30,000.
   */
  readonly leaseMs?: number
  /** Takes runs over although their lease is not over: for a person who knows that the owner is gone. Default: false. */
  readonly force?: boolean
}

/**
 * Keeps runs in a SQLite database, by `node:sqlite`. Owners hold a lease; each has a fencing token that is checked inside every
 * append, so an owner that was stopped past its lease cannot write any more.
 *
 * @param path - The database file, made when it is not there. Several journals may share it; it must be on a local disk.
 * @throws {AgentError} Its methods: `invalid-options` on a Node without SQLite (older than 22.13).
 */
export function sqliteJournal(path: string, { leaseMs = 30_000, force = false }: SqliteJournalOptions = {}): Journal {
  let loaded: Promise<Runs> | undefined
  // Loaded with the first use, and one connection for all that follows.
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
