import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal, SessionStore } from '@capstan/core'
import { fileJournal, fileSessions, postgresJournal, postgresSessions, sqliteJournal, sqliteSessions } from '@capstan/durable'
import { type PostgresServer, startPostgres } from '@capstan/test-kit'
import pg from 'pg'
import { die, type Point, type RecordView, type SessionDeath } from './points.ts'

export const storeNames = ['file', 'sqlite', 'postgres'] as const
export type StoreName = (typeof storeNames)[number]

/** Where the journal of a run is. */
export interface StoreSetting {
  readonly store: StoreName
  /** A folder, a database file, or the connection string of a database. */
  readonly path: string
  /** Of the tables in a database that several runs share. */
  readonly schema?: string
  /** The default of the journal when absent. */
  readonly leaseMs?: number
}

let server: PostgresServer | undefined
let places = 0

/** Starts what a store needs. */
export async function startStore(store: StoreName): Promise<void> {
  if (store === 'postgres') server = await startPostgres()
}

export async function stopStore(): Promise<void> {
  await server?.stop()
  server = undefined
}

/** A place for one run: in its folder, or in a schema of its own. */
export function placeFor(store: StoreName, folder: string): Pick<StoreSetting, 'path' | 'schema'> {
  if (store === 'file') return { path: join(folder, 'runs') }
  if (store === 'sqlite') return { path: join(folder, 'runs.db') }
  if (server === undefined) throw new Error('The database has not started.')
  return { path: server.urlOf('postgres'), schema: `place_${++places}` }
}

export function openStore({ store, path, schema, leaseMs }: StoreSetting): Journal {
  const options = leaseMs === undefined ? {} : { leaseMs }
  if (store === 'file') return fileJournal(path, options)
  return store === 'sqlite' ? sqliteJournal(path, options) : postgresJournal(path, { ...options, ...(schema !== undefined && { schema }) })
}

/** The sessions beside a journal. */
export function openSessions({ store, path, schema }: StoreSetting): SessionStore {
  if (store === 'file') return fileSessions(`${path}-sessions`)
  return store === 'sqlite' ? sqliteSessions(path) : postgresSessions(path, schema === undefined ? {} : { schema })
}

/** Sessions whose process dies before or after it adds an entry. */
export function dyingSessions(sessions: SessionStore, death: SessionDeath | undefined): SessionStore {
  return {
    ...sessions,
    async append(id, after, entry) {
      const isTime = entry.type === death?.entry
      if (isTime && death.when === 'before') die()
      const version = await sessions.append(id, after, entry)
      if (isTime && death.when === 'after') die()
      return version
    },
  }
}

/** A journal whose process dies at a point. */
export function dyingJournal(journal: Journal, point: Point, tear: (record: RecordView) => Promise<never>): Journal {
  return {
    ...journal,
    async open(runId, head) {
      if (point.open === 'before') die()
      const run = await journal.open(runId, head)
      if (point.open === 'after') die()
      const append = async (records: Parameters<typeof run.append>[0], isDurable: boolean): Promise<void> => {
        if (point.before !== undefined && records.some(point.before)) die()
        const torn = point.torn === undefined ? undefined : records.find(point.torn)
        if (torn !== undefined) await tear(torn)
        await run.append(records, isDurable)
        if (point.after !== undefined && records.some(point.after)) die()
      }
      return { ...run, append }
    },
  }
}

/** What a kill in the middle of a write leaves: half a line of a log file, or a transaction that never ended. */
export function tearWrite({ store, path, schema }: StoreSetting, runId: string): (record: RecordView) => Promise<never> {
  return async (record) => {
    const text = JSON.stringify(record)
    if (store === 'file') appendFileSync(join(path, runId, 'log.jsonl'), text.slice(0, text.length / 2))
    else if (store === 'sqlite') beginTransaction(path, runId, text)
    else await beginOnServer({ path, schema }, runId, text)
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

async function beginOnServer({ path, schema }: { readonly path: string; readonly schema: string | undefined }, runId: string, record: string): Promise<void> {
  const client = new pg.Client({ connectionString: path })
  await client.connect()
  await client.query('BEGIN')
  await client.query(`INSERT INTO ${schema ?? 'capstan'}.capstan_records (run_id, seq, record) VALUES ($1, 999, $2)`, [runId, record])
}
