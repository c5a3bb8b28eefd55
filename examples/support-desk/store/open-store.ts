import { join } from 'node:path'
import { type DurableJournal, fileJournal, fileSessions, postgresJournal, postgresSessions, type SessionStore, sqliteJournal, sqliteSessions } from 'capstan'
import type { DeskStore } from './desk-store.ts'
import { fileStore } from './file-store.ts'
import { openPool, postgresSql } from './postgres.ts'
import { sqlStore } from './sql-store.ts'
import { openSqlite } from './sqlite.ts'

/** Everything that survives this process: the data of the desk, the runs, and the conversations. */
export interface Stores {
  readonly desk: DeskStore
  readonly journal: DurableJournal
  readonly sessions: SessionStore
}

/** PostgreSQL with a connection string in DATABASE_URL; without it SQLite in the folder, or files where Node has no SQLite. */
export async function openStores(folder: string, databaseUrl: string | undefined): Promise<Stores> {
  if (databaseUrl) {
    const pool = openPool(databaseUrl)
    return { desk: await sqlStore('PostgreSQL', postgresSql(pool)), journal: postgresJournal(pool), sessions: postgresSessions(pool) }
  }
  const path = join(folder, 'desk.sqlite')
  const sqlite = openSqlite(path)
  if (sqlite !== undefined) {
    const desk = await sqlStore('SQLite', sqlite)
    return { desk, journal: sqliteJournal(join(folder, 'runs.sqlite')), sessions: sqliteSessions(join(folder, 'sessions.sqlite')) }
  }
  return {
    desk: await fileStore(join(folder, 'desk.jsonl')),
    journal: fileJournal(join(folder, 'runs')),
    sessions: fileSessions(join(folder, 'sessions')),
  }
}
