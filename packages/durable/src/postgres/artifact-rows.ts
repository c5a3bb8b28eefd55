import type { ArtifactStore } from '@capstan/core'
import { lostOwnership } from '../failure.ts'
import type { Database } from './database.ts'
import { durable, withDurable } from './durably.ts'
import { checkId, hashOf } from './ids.ts'
import type { Held } from './run-rows.ts'

/** Keeps each large value in a row, as JSON, because PostgreSQL keeps no text with the character U+0000. */
export class ArtifactRows implements ArtifactStore {
  readonly #database: Database
  readonly #heldOf: (runId: string) => Held | undefined

  /** @param heldOf - What this process has of a run that it opened. */
  constructor(database: Database, heldOf: (runId: string) => Held | undefined) {
    this.#database = database
    this.#heldOf = heldOf
  }

  /** @throws {AgentError} `run-locked` when another process took over a run that this process opened. */
  async put(runId: string, id: string, text: string): Promise<void> {
    checkId(runId)
    const { runs, artifacts } = this.#database.tables
    const fence = this.#heldOf(runId)?.fence
    // The lock keeps other processes from taking the run before the value is there.
    const owner = fence === undefined ? '' : `, owner AS (SELECT run_id FROM ${runs} WHERE run_id = $1 AND fence = $4::bigint FOR SHARE)`
    const statement = `
      WITH ${durable}${owner},
      kept AS (
        INSERT INTO ${artifacts} (run_id, id_hash, value) SELECT $1, $2, $3 ${fence === undefined ? '' : 'FROM owner'}
        ON CONFLICT (run_id, id_hash) DO UPDATE SET value = excluded.value RETURNING run_id
      )
      SELECT ${withDurable} FROM kept`
    const values = [runId, hashOf(id), JSON.stringify(text), ...(fence === undefined ? [] : [fence])]
    if ((await this.#database.query(statement, values)).length === 0) throw lostOwnership(runId)
  }

  async get(runId: string, id: string): Promise<string | undefined> {
    checkId(runId)
    const [row] = await this.#database.query(`SELECT value FROM ${this.#database.tables.artifacts} WHERE run_id = $1 AND id_hash = $2`, [runId, hashOf(id)])
    // Written by `put`.
    return row === undefined ? undefined : (JSON.parse(String(row['value'])) as string)
  }

  async delete(runId: string, except: readonly string[] = []): Promise<void> {
    checkId(runId)
    const { artifacts } = this.#database.tables
    await this.#database.query(`DELETE FROM ${artifacts} WHERE run_id = $1 AND NOT (id_hash = ANY ($2::text[]))`, [runId, except.map(hashOf)])
  }
}
