import type { SessionStore } from '@capstan/core'
import { readPath } from '../journal.ts'
import { sessionsOver } from './sessions-over.ts'

/**
 * Keeps sessions in a SQLite database, with `node:sqlite`. It may be the database of a journal.
 *
 * @param path - The database file, created when it does not exist, readable by its owner only. It must be on a local disk.
 * @throws {AgentError} `invalid-options` for an empty path. Its methods: `invalid-options` on a Node without SQLite (older than 22.13).
 */
export function sqliteSessions(path: string): SessionStore {
  const file = readPath(path, 'sqliteSessions')
  return sessionsOver(async () => new (await import('./session-rows.ts')).SessionRows(file), file)
}
