import { type DurableJournal, type JournalOptions, journalOver, readOptions, readPath } from '../journal.ts'

/**
 * Keeps runs in a SQLite database, with `node:sqlite`. The owner of a run has a lease and a number that each append checks, so an owner
 * that was suspended until after the end of its lease can no longer write.
 *
 * @param path - The database file, created when it does not exist, readable by its owner only. Several journals may share it. It must
 * be on a local disk.
 * @throws {AgentError} `invalid-options` for an unknown option or an empty path. Its methods: `invalid-options` on a Node without SQLite
 * (older than 22.13).
 */
export function sqliteJournal(path: string, options: JournalOptions = {}): DurableJournal {
  const file = readPath(path, 'sqliteJournal')
  const ownership = readOptions(options, 'sqliteJournal')
  return journalOver(async () => new (await import('./sqlite-runs.ts')).SqliteRuns(file, ownership), file)
}
