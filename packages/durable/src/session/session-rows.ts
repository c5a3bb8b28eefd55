import { randomUUID } from 'node:crypto'
import type { Message } from '@capstan/core'
import { guarded } from '../failure.ts'
import { Database } from '../sqlite/database.ts'
import type { SessionContent } from './session-store.ts'

/** The sessions of one database: a row for each append. */
export class SessionRows {
  readonly #database: Database

  constructor(path: string) {
    this.#database = new Database(path)
  }

  async append(id: string, after: string | undefined, messages: readonly Message[]): Promise<string | undefined> {
    return await guarded(`Adding to the session '${id}'`, () => this.#database.transaction(() => this.#append(id, after, messages)))
  }

  async read(id: string): Promise<SessionContent | undefined> {
    return await guarded(`Reading the session '${id}'`, () => this.#read(id))
  }

  async list(): Promise<readonly string[]> {
    const select = 'SELECT DISTINCT session_id FROM capstan_sessions ORDER BY session_id'
    return await guarded('Listing sessions', () => this.#database.all(select).map((row) => String(row['session_id'])))
  }

  async delete(id: string): Promise<void> {
    await guarded(`Deleting the session '${id}'`, () => this.#database.run('DELETE FROM capstan_sessions WHERE session_id = ?', id))
  }

  async fork(id: string, newId: string): Promise<boolean> {
    const copy = (): boolean => {
      const content = this.#read(id)
      return content !== undefined && this.#append(newId, undefined, content.messages) !== undefined
    }
    return await guarded(`Forking the session '${id}'`, () => this.#database.transaction(copy))
  }

  #append(id: string, after: string | undefined, messages: readonly Message[]): string | undefined {
    const [last] = this.#database.all('SELECT seq, version FROM capstan_sessions WHERE session_id = ? ORDER BY seq DESC LIMIT 1', id)
    if ((last === undefined ? undefined : String(last['version'])) !== after) return undefined
    const version = randomUUID()
    const insert = 'INSERT INTO capstan_sessions (session_id, seq, version, messages) VALUES (?, ?, ?, ?)'
    this.#database.run(insert, id, Number(last?.['seq'] ?? 0) + 1, version, JSON.stringify(messages))
    return version
  }

  #read(id: string): SessionContent | undefined {
    const rows = this.#database.all('SELECT version, messages FROM capstan_sessions WHERE session_id = ? ORDER BY seq', id)
    const last = rows.at(-1)
    if (last === undefined) return undefined
    // The table is ours: what is in it was written here.
    return { version: String(last['version']), messages: rows.flatMap((row) => JSON.parse(String(row['messages'])) as Message[]) }
  }
}
