import { randomUUID } from 'node:crypto'
import type { SessionEntry, SessionStore, StoredEntry } from '../sessions/session-store.ts'

/** A store of sessions in memory: what a store has to do, in thirty lines. */
export function memorySessions(): SessionStore & { readonly content: ReadonlyMap<string, StoredSession> } {
  const content = new Map<string, StoredSession>()
  return {
    content,
    async append(sessionId, after, entry) {
      const { entries = [] } = content.get(sessionId) ?? {}
      if (entries.at(-1)?.version !== after) return undefined
      const version = randomUUID()
      // As JSON, like any store outside of this process.
      const stored = { version, entry: JSON.parse(JSON.stringify(entry)) as SessionEntry }
      content.set(sessionId, { entries: [...entries, stored], changedAt: Date.now() })
      return version
    },
    async read(sessionId) {
      return content.get(sessionId)?.entries ?? []
    },
    async list({ after = '', limit } = {}) {
      const ids = [...content.keys()].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))).filter((id) => id > after)
      return ids.slice(0, limit).map((sessionId) => ({ sessionId, changedAt: content.get(sessionId)?.changedAt ?? 0 }))
    },
    async delete(sessionId) {
      content.delete(sessionId)
    },
  }
}

interface StoredSession {
  readonly entries: readonly StoredEntry[]
  readonly changedAt: number
}
