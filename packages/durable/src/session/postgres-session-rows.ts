import { randomUUID } from 'node:crypto'
import type { ListedSession, SessionEntry, SessionListOptions, SessionStore, StoredEntry } from '@capstan/core'
import { broken } from '../failure.ts'
import { Database } from '../postgres/database.ts'
import { durable, withDurable } from '../postgres/durably.ts'
import { checkId } from '../postgres/ids.ts'
import type { Source } from '../postgres/source.ts'
import { decodeEntry, encodeEntry } from './stored-entry.ts'

/**
 * The sessions in one schema of a database: a row for each session, and one for each append. The version of an append is made here, so
 * that it can be looked up whether the append was executed when a connection broke.
 */
export class PostgresSessionRows implements SessionStore {
  readonly #database: Database

  constructor(source: Source, schema: string) {
    this.#database = new Database(source, schema)
  }

  async append(id: string, after: string | undefined, entry: SessionEntry): Promise<string | undefined> {
    checkId(id)
    const { sessions, sessionParts } = this.#database.tables
    const version = randomUUID()
    const changed =
      after === undefined
        ? `INSERT INTO ${sessions} (session_id, version, parts) SELECT $1, $2, 1 WHERE $4::text IS NULL ON CONFLICT DO NOTHING`
        : `UPDATE ${sessions} SET version = $2, parts = parts + 1, changed_at = clock_timestamp() WHERE session_id = $1 AND version = $4`
    const statement = `
      WITH ${durable},
      changed AS (${changed} RETURNING session_id, parts),
      added AS (INSERT INTO ${sessionParts} (session_id, seq, version, messages) SELECT session_id, parts, $2, $3 FROM changed RETURNING seq)
      SELECT (SELECT count(*) FROM added) AS added, ${withDurable} FROM changed`
    const rows = await this.#database.query(statement, [id, version, encodeEntry(entry), after ?? null])
    return rows.length > 0 || (await this.#hasVersion(id, version)) ? version : undefined
  }

  async read(id: string): Promise<readonly StoredEntry[]> {
    checkId(id)
    const { sessions, sessionParts } = this.#database.tables
    const select = `
      SELECT parts, seq, part.version, messages FROM ${sessions} AS session LEFT JOIN ${sessionParts} AS part USING (session_id)
      WHERE session_id = $1 ORDER BY seq`
    const rows = await this.#database.query(select, [id])
    const [first] = rows
    if (first === undefined) return []
    if (Number(first['parts']) !== rows.length || Number(rows.at(-1)?.['seq']) !== rows.length) {
      throw broken(`The session '${id}' does not have its ${String(first['parts'])} parts, so messages are missing`)
    }
    return rows.map((row) => ({ version: String(row['version']), entry: decodeEntry(String(row['messages'])) }))
  }

  async list({ after = '', limit }: SessionListOptions = {}): Promise<readonly ListedSession[]> {
    const select = `
      SELECT session_id, (extract(epoch FROM changed_at) * 1000)::float8 AS changed_at FROM ${this.#database.tables.sessions}
      WHERE session_id > $1 ORDER BY session_id LIMIT $2`
    const rows = await this.#database.query(select, [after, limit ?? null])
    return rows.map((row) => ({ sessionId: String(row['session_id']), changedAt: Number(row['changed_at']) }))
  }

  async delete(id: string): Promise<void> {
    checkId(id)
    await this.#database.query(`DELETE FROM ${this.#database.tables.sessions} WHERE session_id = $1`, [id])
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  /** True if the statement that makes this version was executed, although its answer was lost; others may have appended since. */
  async #hasVersion(id: string, version: string): Promise<boolean> {
    const { sessionParts } = this.#database.tables
    return (await this.#database.query(`SELECT 1 FROM ${sessionParts} WHERE session_id = $1 AND version = $2 LIMIT 1`, [id, version])).length > 0
  }
}
