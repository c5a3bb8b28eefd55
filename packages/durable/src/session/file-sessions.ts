import { resolve } from 'node:path'
import type { SessionStore } from './session-store.ts'

/**
 * Keeps sessions in files: one folder for each session, with a numbered file for each append.
 *
 * @param folder - Created when it does not exist, for its owner only. It must be on a local disk.
 */
export function fileSessions(folder: string): SessionStore {
  const root = resolve(folder)
  // Loaded at the first use.
  const files = () => import('./session-files.ts')
  return {
    append: async (id, after, messages) => await (await files()).appendBatch({ root, id }, after, messages),
    read: async (id) => await (await files()).readSession({ root, id }),
    list: async () => await (await files()).listSessions(root),
    delete: async (id) => await (await files()).deleteSession({ root, id }),
    fork: async (id, newId) => await (await files()).forkSession({ root, id }, newId),
  }
}
