import { type DurableJournal, type JournalOptions, journalOver, readOptions, readPath } from '../journal.ts'

/**
 * Keeps each run in its own folder: an append-only log of JSON lines, which is synced before a record counts; a file with the decisions of
 * people; and files with large values. One process at a time writes a run. Any process may read it and decide its questions.
 *
 * @param folder - Created when it does not exist, for its owner only. It must be on a local disk.
 * @throws {AgentError} `invalid-options` for an unknown option or an empty path.
 */
export function fileJournal(folder: string, options: JournalOptions = {}): DurableJournal {
  const root = readPath(folder, 'fileJournal')
  const ownership = readOptions(options, 'fileJournal')
  return journalOver(async () => new (await import('./file-runs.ts')).FileRuns(root, ownership), root)
}
