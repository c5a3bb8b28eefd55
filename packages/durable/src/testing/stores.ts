import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal } from '@capstan/core'
import { onTestFinished } from 'vitest'
import { fileJournal } from '../file/file-journal.ts'
import type { JournalOptions } from '../journal.ts'
import { sqliteJournal } from '../sqlite/sqlite-journal.ts'

/** A new folder that nobody else uses, removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-durable-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export type StoreName = 'file' | 'sqlite'

/** The stores that this Node has. */
export const stores: readonly StoreName[] = process.getBuiltinModule('node:sqlite') === undefined ? ['file'] : ['file', 'sqlite']

/** Opens journals over one new store: each call is another journal, as another process would open it. */
export function journalsOf(store: StoreName): (options?: JournalOptions) => Journal {
  const folder = newFolder()
  return (options) => (store === 'file' ? fileJournal(join(folder, 'runs'), options) : sqliteJournal(join(folder, 'runs.db'), options))
}
