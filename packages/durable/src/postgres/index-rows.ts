import { AgentError, type ListedRun, type SavedRun } from '@capstan/core'
import type { CheckedList } from '../list-options.ts'
import { brokenRun, type IndexedRun, listedRun, pairsOf, RunIndexer } from '../run-index.ts'
import type { Database } from './database.ts'

/** The most runs that are added to the index at once. */
const batchSize = 50

const epochMs = (time: string): string => `(extract(epoch FROM ${time}) * 1000)::float8`

/** The values of an indexed run, in the order of the columns `agent`, `status` and `run`. */
export function indexValues(run: IndexedRun): readonly [agent: string, status: string, run: string] {
  return [JSON.stringify(run.agent), run.status, JSON.stringify(run)]
}

/** The index of the runs in one schema of a database. */
export class IndexRows {
  readonly #database: Database
  readonly #read: (runId: string) => Promise<SavedRun | undefined>

  constructor(database: Database, read: (runId: string) => Promise<SavedRun | undefined>) {
    this.#database = database
    this.#read = read
  }

  /** The runs of one page, and one more if there is another page. */
  async list(options: CheckedList): Promise<readonly ListedRun[]> {
    while (await this.#addMissing());
    const { runs, runIndex, runMetadata } = this.#database.tables
    const { statuses, agent, metadata, changedBefore, limit, after } = options
    const select = `
      SELECT listed.run_id, began_at, listed.run, ${epochMs('changed_at')} AS changed_at FROM ${runIndex} AS listed JOIN ${runs} USING (run_id)
      WHERE ($1::text[] IS NULL OR status = ANY ($1)) AND ($2::text IS NULL OR agent = $2)
        AND (SELECT count(*) FROM ${runMetadata} AS own WHERE own.run_id = listed.run_id AND own.pair = ANY ($3::text[])) = cardinality($3::text[])
        AND ($4::float8 IS NULL OR ${epochMs('changed_at')} < $4)
        AND ($5::float8 IS NULL OR (began_at, listed.run_id) < ($5, $6))
      ORDER BY began_at DESC, listed.run_id DESC LIMIT $7`
    const values = [statuses ?? null, agent === undefined ? null : JSON.stringify(agent), pairsOf(metadata), changedBefore ?? null]
    const rows = await this.#database.query(select, [...values, after?.beganAt ?? null, after?.runId ?? null, limit + 1])
    // Written by `indexValues`.
    const found = rows.map((row) => ({ row, run: JSON.parse(String(row['run'])) as IndexedRun }))
    const decided = await this.#decided(found.flatMap(({ row, run }) => (run.questions.length === 0 ? [] : [String(row['run_id'])])))
    return found.map(({ row, run }) => {
      const position = { runId: String(row['run_id']), beganAt: Number(row['began_at']) }
      return listedRun(position, run, { changedAt: Number(row['changed_at']), decided: decided.get(position.runId) ?? noIds })
    })
  }

  /** The positions of the questions that are decided, by run. */
  async #decided(runIds: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    if (runIds.length === 0) return new Map()
    const rows = await this.#database.query(`SELECT run_id, question_id FROM ${this.#database.tables.decisions} WHERE run_id = ANY ($1::text[])`, [runIds])
    const decided = new Map<string, Set<string>>()
    for (const row of rows) {
      const runId = String(row['run_id'])
      decided.set(runId, (decided.get(runId) ?? new Set()).add(String(row['question_id'])))
    }
    return decided
  }

  /** Adds some of the runs that the index does not have. Returns false when it is complete. */
  async #addMissing(): Promise<boolean> {
    const { runs, runIndex, runMetadata } = this.#database.tables
    const select = `
      SELECT run_id, changed_at::text AS changed_at FROM ${runs} WHERE NOT EXISTS (SELECT FROM ${runIndex} AS listed WHERE listed.run_id = ${runs}.run_id)
      LIMIT ${batchSize}`
    const rows = await this.#database.query(select, [])
    for (const row of rows) {
      const run = await this.#indexed(String(row['run_id']))
      // A run that was changed since it was read is added by the next call.
      const insert = `
        WITH added AS (
          INSERT INTO ${runIndex} (run_id, began_at, agent, status, run)
          SELECT run_id, ${epochMs('changed_at')}, $3, $4, $5 FROM ${runs} WHERE run_id = $1 AND changed_at = $2::timestamptz
          ON CONFLICT DO NOTHING RETURNING run_id
        )
        INSERT INTO ${runMetadata} (run_id, pair) SELECT run_id, pair FROM added, unnest($6::text[]) AS pair ON CONFLICT DO NOTHING`
      await this.#database.query(insert, [row['run_id'], row['changed_at'], ...indexValues(run), pairsOf(run.metadata)])
    }
    return rows.length > 0
  }

  async #indexed(runId: string): Promise<IndexedRun> {
    try {
      const saved = await this.#read(runId)
      return saved === undefined ? brokenRun('It was deleted.') : new RunIndexer(saved.head, saved.records).run
    } catch (error) {
      if (!AgentError.is(error)) throw error
      return brokenRun(error.message)
    }
  }
}

const noIds: ReadonlySet<string> = new Set()
