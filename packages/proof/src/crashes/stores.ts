import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal } from '@capstan/core'
import { fileJournal, sqliteJournal } from '@capstan/durable'
import { die, type Point, type RecordView } from './points.ts'

export const storeNames = ['file', 'sqlite'] as const
export type StoreName = (typeof storeNames)[number]

/** Where the journal of a run is. */
export interface StoreSetting {
  readonly store: StoreName
  readonly path: string
  /** The default of the journal when absent. */
  readonly leaseMs?: number
}

export function openStore({ store, path, leaseMs }: StoreSetting): Journal {
  const options = leaseMs === undefined ? {} : { leaseMs }
  return store === 'file' ? fileJournal(path, options) : sqliteJournal(path, options)
}

/** A journal whose process dies at a point. */
export function dyingJournal(journal: Journal, point: Point, tear: (record: RecordView) => never): Journal {
  return {
    ...journal,
    async open(runId, head) {
      if (point.open === 'before') die()
      const run = await journal.open(runId, head)
      if (point.open === 'after') die()
      const append = async (records: Parameters<typeof run.append>[0], isDurable: boolean): Promise<void> => {
        if (point.before !== undefined && records.some(point.before)) die()
        const torn = point.torn === undefined ? undefined : records.find(point.torn)
        if (torn !== undefined) tear(torn)
        await run.append(records, isDurable)
        if (point.after !== undefined && records.some(point.after)) die()
      }
      return { ...run, append }
    },
  }
}

/** What a kill in the middle of a write leaves: half a line of a log file, or a transaction that never ended. */
export function tearWrite({ store, path }: StoreSetting, runId: string): (record: RecordView) => never {
  return (record) => {
    const text = JSON.stringify(record)
    if (store === 'file') appendFileSync(join(path, runId, 'log.jsonl'), text.slice(0, text.length / 2))
    else beginTransaction(path, runId, text)
    die()
  }
}

/** The part of `node:sqlite` that is used here: the types of the oldest Node that is supported do not have it. */
interface Sqlite {
  readonly DatabaseSync: new (path: string) => { exec(sql: string): void; prepare(sql: string): { run(...values: readonly string[]): void } }
}

function beginTransaction(path: string, runId: string, record: string): void {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as Sqlite // Only a Node that has it runs this store.
  const database = new DatabaseSync(path)
  database.exec('BEGIN IMMEDIATE')
  database.prepare('INSERT INTO capstan_journal_records (run_id, seq, record) VALUES (?, 999, ?)').run(runId, record)
}
