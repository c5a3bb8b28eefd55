import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal } from '@capstan/core'
import { type FileJournalOptions, fileJournal } from '../file/file-journal.ts'
import { sqliteJournal } from '../sqlite/sqlite-journal.ts'

/** A new folder that nobody else uses. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'capstan-durable-'))
}

export type StoreName = 'file' | 'sqlite'

/** The stores that this Node has. */
export const stores: readonly StoreName[] = process.getBuiltinModule('node:sqlite') === undefined ? ['file'] : ['file', 'sqlite']

/** Opens the journals of one new place: each call is another journal, as another process would open it. */
export function journalsOf(store: StoreName): (options?: FileJournalOptions) => Journal {
  const folder = newFolder()
  return (options) => (store === 'file' ? fileJournal(join(folder, 'runs'), options) : sqliteJournal(join(folder, 'runs.db'), options))
}
