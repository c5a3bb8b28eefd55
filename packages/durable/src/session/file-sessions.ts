import type { SessionStore } from '@capstan/core'
import { readPath } from '../journal.ts'
import { sessionsOver } from './sessions-over.ts'

/**
 * Keeps sessions in files: one folder for each session, with a numbered file for each append.
 *
 * @param folder - Created when it does not exist, for its owner only. It must be on a local disk.
 * @throws {AgentError} `invalid-options` for an empty path.
 */
export function fileSessions(folder: string): SessionStore {
  const root = readPath(folder, 'fileSessions')
  return sessionsOver(async () => new (await import('./session-files.ts')).SessionFiles(root), root)
}
