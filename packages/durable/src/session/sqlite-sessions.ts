import type { SessionRows } from './session-rows.ts'
import type { SessionStore } from './session-store.ts'

/**
 * Keeps sessions in a SQLite database, with `node:sqlite`. It may be the database of a journal.
 *
 * @param path - The database file, created when it does not exist, readable by its owner only. It must be on a local disk.
 * @throws {AgentError} Its methods: `invalid-options` on a Node without SQLite (older than 22.13).
 */
export function sqliteSessions(path: string): SessionStore {
  let loaded: Promise<SessionRows> | undefined
  // Loaded at the first use.
  const rows = (): Promise<SessionRows> => {
    loaded ??= import('./session-rows.ts').then((module) => new module.SessionRows(path))
    return loaded
  }
  return {
    append: async (id, after, messages) => await (await rows()).append(id, after, messages),
    read: async (id) => await (await rows()).read(id),
    list: async () => await (await rows()).list(),
    delete: async (id) => await (await rows()).delete(id),
    fork: async (id, newId) => await (await rows()).fork(id, newId),
  }
}
