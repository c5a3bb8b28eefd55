import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionStore } from '@capstan/core'
import { type PostgresServer, postgresFolder, startPostgres } from '@capstan/test-kit'
import pg from 'pg'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { fileJournal } from '../file/file-journal.ts'
import type { DurableJournal, JournalOptions } from '../journal.ts'
import { postgresJournal } from '../postgres/postgres-journal.ts'
import { fileSessions } from '../session/file-sessions.ts'
import { postgresSessions } from '../session/postgres-sessions.ts'
import { sqliteSessions } from '../session/sqlite-sessions.ts'
import { sqliteJournal } from '../sqlite/sqlite-journal.ts'

/** A new folder for one test, removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-durable-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export type LocalStoreName = 'file' | 'sqlite'
export type StoreName = LocalStoreName | 'postgres'

/** The stores that need no server and are supported by this version of Node. */
export const localStores: readonly LocalStoreName[] = process.getBuiltinModule('node:sqlite') === undefined ? ['file'] : ['file', 'sqlite']

export const hasPostgres: boolean = postgresFolder() !== undefined

/** The stores that this machine supports. */
export const stores: readonly StoreName[] = hasPostgres ? [...localStores, 'postgres'] : localStores

let pool: pg.Pool | undefined

/** The server of a test file, and the pool of all journals that `journalsOf` opens in it. */
export interface TestServer {
  readonly server: PostgresServer
  readonly pool: pg.Pool
}

/** Starts a PostgreSQL server for the tests of this file, where one is installed. */
export function startServer(): () => TestServer {
  let server: PostgresServer | undefined
  if (!hasPostgres) process.stderr.write('Skipped: the tests of stores in PostgreSQL (Debian: postgresql), which is not installed.\n')
  beforeAll(async () => {
    if (!hasPostgres) return
    server = await startPostgres()
    pool = new pg.Pool({ connectionString: server.urlOf('postgres'), max: 20 })
    // The server may end before the connections that are being closed.
    pool.on('error', () => {})
  }, 60_000)
  afterAll(async () => {
    await pool?.end()
    await server?.stop()
  }, 60_000)
  return () => {
    if (server === undefined || pool === undefined) throw new Error('The server has not started.')
    return { server, pool }
  }
}

/** Opens journals over one new store. Each call opens another journal, as another process would do. */
export function journalsOf(store: StoreName): (options?: JournalOptions) => DurableJournal {
  const folder = newFolder()
  const schema = `test ${randomUUID()}`
  return (options) => {
    if (store === 'file') return fileJournal(join(folder, 'runs'), options)
    if (store === 'sqlite') return sqliteJournal(join(folder, 'runs.db'), options)
    if (pool === undefined) throw new Error('Call startServer() in this file.')
    return postgresJournal(pool, { schema, ...options })
  }
}

/** Opens one new store of sessions. Each call opens it again, as another process would do. */
export function sessionsOf(store: StoreName): () => SessionStore {
  const folder = newFolder()
  const schema = `test ${randomUUID()}`
  return () => {
    if (store === 'file') return fileSessions(join(folder, 'sessions'))
    if (store === 'sqlite') return sqliteSessions(join(folder, 'sessions.db'))
    if (pool === undefined) throw new Error('Call startServer() in this file.')
    return postgresSessions(pool, { schema })
  }
}
