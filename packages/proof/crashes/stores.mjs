// The stores under test.
import { fileJournal, sqliteJournal } from '@capstan/durable'
import { die } from './points.mjs'

export function openStore(store, path, options) {
  return store === 'file' ? fileJournal(path, options) : sqliteJournal(path, options)
}

/** What a kill in the middle of a commit leaves: a transaction that never ended. */
export function tearSqlite(path, runId) {
  return (record) => {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const database = new DatabaseSync(path)
    database.exec('BEGIN IMMEDIATE')
    database.prepare('INSERT INTO capstan_records (run_id, seq, record) VALUES (?, 999, ?)').run(runId, JSON.stringify(record))
    die()
  }
}
