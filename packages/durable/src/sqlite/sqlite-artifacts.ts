import type { ArtifactStore } from '@capstan/core'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'

/** Keeps each large value in a row, as JSON, and so is its id: SQLite does not keep every text as it is. */
export class SqliteArtifacts implements ArtifactStore {
  readonly #database: Database
  readonly #checkOwner: (runId: string) => void

  /** @param checkOwner - Called in the transaction; throws when another process took over a run that this process opened. */
  constructor(database: Database, checkOwner: (runId: string) => void) {
    this.#database = database
    this.#checkOwner = checkOwner
  }

  async put(runId: string, id: string, text: string): Promise<void> {
    const insert = 'INSERT INTO capstan_artifacts (run_id, id, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'
    await this.#database.write((connection) => {
      this.#checkOwner(runId)
      connection.run(insert, runId, JSON.stringify(id), JSON.stringify(text))
    })
  }

  async get(runId: string, id: string): Promise<string | undefined> {
    const select = 'SELECT value FROM capstan_artifacts WHERE run_id = ? AND id = ?'
    const [row] = await this.#database.read((connection) => connection.all(select, runId, JSON.stringify(id)))
    // Written by `put`.
    return row === undefined ? undefined : (JSON.parse(String(row['value'])) as string)
  }

  async delete(runId: string, except: readonly string[] = []): Promise<void> {
    await this.#database.write((connection) => deleteArtifacts(connection, runId, except))
  }
}

/** @param except - Ids whose values stay. */
export function deleteArtifacts(connection: Connection, runId: string, except: readonly string[]): void {
  const kept = JSON.stringify(except.map((id) => JSON.stringify(id)))
  connection.run('DELETE FROM capstan_artifacts WHERE run_id = ? AND id NOT IN (SELECT value FROM json_each(?))', runId, kept)
}
