import { randomUUID } from 'node:crypto'
import type { Message } from '@capstan/core'
import { broken } from '../failure.ts'
import type { Connection } from '../sqlite/connection.ts'
import { Database } from '../sqlite/database.ts'
import type { SessionContent, SessionStore } from './session-store.ts'

/** The sessions of one database: one row for each append. */
export class SessionRows implements SessionStore {
  readonly #database: Database

  constructor(path: string) {
    this.#database = new Database(path)
  }

  async append(id: string, after: string | undefined, messages: readonly Message[]): Promise<string | undefined> {
    return await this.#database.write((rows) => append(rows, { id, after, messages }))
  }

  async read(id: string): Promise<SessionContent | undefined> {
    return await this.#database.read((rows) => read(rows, id))
  }

  async list(): Promise<readonly string[]> {
    const select = 'SELECT DISTINCT session_id FROM capstan_sessions ORDER BY session_id'
    return await this.#database.read((rows) => rows.all(select).map((row) => String(row['session_id'])))
  }

  async delete(id: string): Promise<void> {
    await this.#database.write((rows) => rows.run('DELETE FROM capstan_sessions WHERE session_id = ?', id))
  }

  async fork(id: string, newId: string): Promise<boolean> {
    return await this.#database.write((rows) => {
      const content = read(rows, id)
      return content !== undefined && append(rows, { id: newId, after: undefined, messages: content.messages }) !== undefined
    })
  }
}

interface Addition {
  readonly id: string
  readonly after: string | undefined
  readonly messages: readonly Message[]
}

function append(rows: Connection, { id, after, messages }: Addition): string | undefined {
  const [last] = rows.all('SELECT seq, version FROM capstan_sessions WHERE session_id = ? ORDER BY seq DESC LIMIT 1', id)
  if ((last === undefined ? undefined : String(last['version'])) !== after) return undefined
  const version = randomUUID()
  const insert = 'INSERT INTO capstan_sessions (session_id, seq, version, messages) VALUES (?, ?, ?, ?)'
  rows.run(insert, id, Number(last?.['seq'] ?? 0) + 1, version, JSON.stringify(messages))
  return version
}

function read(rows: Connection, id: string): SessionContent | undefined {
  const found = rows.all('SELECT seq, version, messages FROM capstan_sessions WHERE session_id = ? ORDER BY seq', id)
  const last = found.at(-1)
  if (last === undefined) return undefined
  if (Number(last['seq']) !== found.length) throw broken(`The session '${id}' has ${found.length} of ${last['seq']} parts, so messages are missing`)
  // The table is written by this package only.
  return { version: String(last['version']), messages: found.flatMap((row) => JSON.parse(String(row['messages'])) as Message[]) }
}
