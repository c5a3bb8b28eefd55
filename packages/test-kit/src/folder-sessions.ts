import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionEntry, SessionStore, StoredEntry } from '@capstan/core'

/** What a store of sessions is about to do (`before`) or has done (`after`) with an entry. It may wait, throw, or end the process. */
export type AtEntry = (position: `${'before' | 'after'} ${SessionEntry['type']}`) => void | Promise<void>

/** A store of sessions in a folder, which the processes of a test share: one file for each entry, which only one of two writers can create. */
export function folderSessions(folder: string, at?: AtEntry): SessionStore {
  const placeOf = (sessionId: string): string => join(folder, encodeURIComponent(sessionId))
  const read = (sessionId: string): readonly StoredEntry[] => {
    const place = placeOf(sessionId)
    if (!existsSync(place)) return []
    const names = readdirSync(place).filter((name) => name.endsWith('.json'))
    return names.sort().map((name) => JSON.parse(readFileSync(join(place, name), 'utf8')) as StoredEntry)
  }
  return {
    async append(sessionId, after, entry) {
      await at?.(`before ${entry.type}`)
      const entries = read(sessionId)
      if (entries.at(-1)?.version !== after) return undefined
      const version = randomUUID()
      mkdirSync(placeOf(sessionId), { recursive: true })
      if (!write(join(placeOf(sessionId), `${String(entries.length).padStart(6, '0')}.json`), { version, entry })) return undefined
      await at?.(`after ${entry.type}`)
      return version
    },
    read: async (sessionId) => read(sessionId),
    list: async () => {
      throw new Error('The tests list no sessions.')
    },
    delete: async (sessionId) => rmSync(placeOf(sessionId), { recursive: true, force: true }),
  }
}

function write(path: string, stored: StoredEntry): boolean {
  try {
    writeFileSync(path, JSON.stringify(stored), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
