import { randomUUID } from 'node:crypto'
import type { ListedSession, SessionEntry, SessionListOptions, SessionStore, StoredEntry } from '@capstan/core'
import { broken } from '../failure.ts'
import type { Connection } from '../sqlite/connection.ts'
import { Database } from '../sqlite/database.ts'
import { decodeEntry, encodeEntry } from './stored-entry.ts'

/** The sessions of one database: one row for each entry. */
export class SessionRows implements SessionStore {
  readonly #database: Database

  constructor(path: string) {
    this.#database = new Database(path)
  }

  async append(id: string, after: string | undefined, entry: SessionEntry): Promise<string | undefined> {
    const text = encodeEntry(entry)
    return await this.#database.write((rows) => {
      const [last] = rows.all('SELECT seq, version FROM capstan_sessions WHERE session_id = ? ORDER BY seq DESC LIMIT 1', id)
      if ((last === undefined ? undefined : String(last['version'])) !== after) return undefined
      const version = randomUUID()
      const insert = 'INSERT INTO capstan_sessions (session_id, seq, version, messages) VALUES (?, ?, ?, ?)'
      rows.run(insert, id, Number(last?.['seq'] ?? 0) + 1, version, text)
      rows.run(
        'INSERT INTO capstan_session_times (session_id, changed_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET changed_at = excluded.changed_at',
        id,
        Date.now(),
      )
      return version
    })
  }

  async read(id: string): Promise<readonly StoredEntry[]> {
    const select = 'SELECT seq, version, messages FROM capstan_sessions WHERE session_id = ? ORDER BY seq'
    const found = await this.#database.read((rows) => rows.all(select, id))
    const last = Number(found.at(-1)?.['seq'] ?? 0)
    if (last !== found.length) throw broken(`The session '${id}' has ${found.length} of ${last} parts, so messages are missing`)
    return found.map((row) => ({ version: String(row['version']), entry: decodeEntry(String(row['messages'])) }))
  }

  async list({ after = '', limit = -1 }: SessionListOptions = {}): Promise<readonly ListedSession[]> {
    return await this.#database.write((rows) => {
      // Sessions of release 0.1.0 have no time: theirs begins when they are first listed.
      rows.run(
        'INSERT INTO capstan_session_times (session_id, changed_at) SELECT DISTINCT session_id, ? FROM capstan_sessions WHERE true ON CONFLICT DO NOTHING',
        Date.now(),
      )
      const select = 'SELECT session_id, changed_at FROM capstan_session_times WHERE session_id > ? ORDER BY session_id LIMIT ?'
      return rows.all(select, after, limit).map((row) => ({ sessionId: String(row['session_id']), changedAt: Number(row['changed_at']) }))
    })
  }

  async delete(id: string): Promise<void> {
    await this.#database.write((rows) => deleteSession(rows, id))
  }
}

function deleteSession(rows: Connection, id: string): void {
  for (const table of ['capstan_sessions', 'capstan_session_times']) rows.run(`DELETE FROM ${table} WHERE session_id = ?`, id)
}
