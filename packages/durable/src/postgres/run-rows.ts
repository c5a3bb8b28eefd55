import type { Decision, RunHead, RunRecord, SavedRun } from '@capstan/core'
import { broken, checkVersion } from '../failure.ts'
import { type IndexedRun, pairsOf, RunIndexer } from '../run-index.ts'
import type { Database } from './database.ts'
import { durable, withDurable } from './durably.ts'
import { hashOf } from './ids.ts'
import { indexValues } from './index-rows.ts'
import type { Tables } from './schema.ts'

/** What an owner has of a run: its number, which is greater than those of all owners before it. */
export interface Held {
  readonly runId: string
  readonly fence: string
}

/** A run as a process sees it that wants to own it. */
export interface SeenRun extends Held {
  readonly head: RunHead
  /** Its last owner, as JSON; empty when it had none. */
  readonly owner: string
  /** The rest of the lease, by the clock of the database, in milliseconds. */
  readonly leftMs: number
}

export interface Claim {
  /** Different for each claim: so a process knows its own, whatever became of the connection. */
  readonly owner: string
  readonly leaseMs: number
  /** Takes the run before its lease has ended. */
  readonly isForced: boolean
}

/** What an owner adds to a run. */
export interface Appended {
  readonly records: readonly string[]
  readonly leaseMs: number
  /** What the index must have then, if it changes. */
  readonly indexed: IndexedRun | undefined
}

/** The rows of runs. Each method has the same effect when it is repeated after a connection that broke. */
export class RunRows {
  readonly #database: Database
  readonly #tables: Tables

  constructor(database: Database) {
    this.#database = database
    this.#tables = database.tables
  }

  /** Adds a run, unless there is one with its id. */
  async add(head: RunHead): Promise<void> {
    const { runs, runIndex, runMetadata } = this.#tables
    const { run } = new RunIndexer(head, [])
    const statement = `
      WITH ${durable},
      added AS (INSERT INTO ${runs} (run_id, head) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING run_id, changed_at),
      indexed AS (
        INSERT INTO ${runIndex} (run_id, began_at, agent, status, run)
        SELECT run_id, (extract(epoch FROM changed_at) * 1000)::float8, $3, $4, $5 FROM added
      ),
      pairs AS (INSERT INTO ${runMetadata} (run_id, pair) SELECT run_id, pair FROM added, unnest($6::text[]) AS pair)
      SELECT ${withDurable} FROM added`
    await this.#query(statement, [head.runId, JSON.stringify(head), ...indexValues(run), [...new Set(pairsOf(run.metadata))]])
  }

  /** @throws {AgentError} `journal-failed` when a newer version of Capstan began the run. */
  async see(runId: string): Promise<SeenRun | undefined> {
    const leftMs = '(extract(epoch FROM lease_until) - extract(epoch FROM clock_timestamp()))::float8 * 1000'
    const [row] = await this.#query(`SELECT head, owner, fence::text AS fence, ${leftMs} AS left_ms FROM ${this.#tables.runs} WHERE run_id = $1`, [runId])
    if (row === undefined) return undefined
    return { runId, head: parseHead(row['head']), owner: String(row['owner']), fence: String(row['fence']), leftMs: Number(row['left_ms']) }
  }

  /** Makes a process the owner of a run. Returns `undefined` when the run has another owner than the one that was seen, or its lease was renewed. */
  async take({ runId, fence }: Held, { owner, leaseMs, isForced }: Claim): Promise<Held | undefined> {
    const update = `
      UPDATE ${this.#tables.runs} SET fence = $2::bigint + 1, owner = $3, lease_until = ${leaseEnd('$4')}
      WHERE run_id = $1 AND (owner = $3 OR fence = $2::bigint AND ($5::boolean OR lease_until <= clock_timestamp())) RETURNING fence`
    const [row] = await this.#query(`WITH ${durable}, taken AS (${update}) SELECT fence::text AS fence, ${withDurable} FROM taken`, [
      runId,
      fence,
      owner,
      leaseMs,
      isForced,
    ])
    return row === undefined ? undefined : { runId, fence: String(row['fence']) }
  }

  /** Everything that is kept of a run at one moment; `undefined` for no run. */
  async read(runId: string): Promise<SavedRun | undefined> {
    const { runs, records, decisions } = this.#tables
    const select = `
      SELECT 0 AS kind, 0 AS seq, head AS value FROM ${runs} WHERE run_id = $1
      UNION ALL SELECT 1, seq, record FROM ${records} WHERE run_id = $1
      UNION ALL SELECT 2, seq, decision FROM ${decisions} WHERE run_id = $1
      ORDER BY kind, seq`
    const rows = await this.#query(select, [runId])
    const valuesOf = (kind: number): readonly string[] => rows.flatMap((row) => (row['kind'] === kind ? [String(row['value'])] : []))
    const [head] = valuesOf(0)
    if (head === undefined) return undefined
    for (const [index, row] of rows.filter((row) => row['kind'] === 1).entries()) {
      if (Number(row['seq']) !== index) throw broken(`The record ${index} of the run '${runId}' is missing`)
    }
    // The tables are written by this package only.
    return {
      head: parseHead(head),
      records: valuesOf(1).map((record) => JSON.parse(record) as RunRecord),
      decisions: valuesOf(2).map((decision) => JSON.parse(decision) as Decision),
    }
  }

  /**
   * Adds records and renews the lease, in one statement that also checks the owner.
   *
   * @param seq - The number of records before these.
   * @returns False when another process owns the run.
   */
  async append({ runId, fence }: Held, seq: number, { records, leaseMs, indexed }: Appended): Promise<boolean> {
    const { runs, records: table, runIndex } = this.#tables
    const index = `, indexed AS (UPDATE ${runIndex} AS listed SET agent = $6, status = $7, run = $8 FROM owned WHERE listed.run_id = owned.run_id)`
    const statement = `
      WITH ${durable},
      owned AS (
        UPDATE ${runs} SET changed_at = clock_timestamp(), lease_until = ${leaseEnd('$5')} WHERE run_id = $1 AND fence = $2::bigint RETURNING run_id
      ),
      added AS (
        INSERT INTO ${table} (run_id, seq, record)
        SELECT run_id, $3::bigint + position - 1, record FROM owned, unnest($4::text[]) WITH ORDINALITY AS given (record, position)
        ON CONFLICT DO NOTHING RETURNING seq
      )${indexed === undefined ? '' : index}
      SELECT (SELECT count(*) FROM owned) AS owned, (SELECT count(*) FROM added) AS added, ${withDurable}`
    const [row] = await this.#query(statement, [runId, fence, seq, records, leaseMs, ...(indexed === undefined ? [] : indexValues(indexed))])
    if (Number(row?.['owned']) === 0) return false
    if (Number(row?.['added']) < records.length) await this.#compare(runId, seq, records)
    return true
  }

  /** Adds a decision unless there is one about its question. Returns the one that is kept; `undefined` for no run. */
  async decide(runId: string, decision: Decision): Promise<Decision | undefined> {
    const { runs, decisions } = this.#tables
    const statement = `
      WITH ${durable},
      run AS (SELECT run_id FROM ${runs} WHERE run_id = $1 FOR KEY SHARE),
      added AS (
        INSERT INTO ${decisions} (run_id, question_id, decision) SELECT run_id, $2, $3 FROM run ON CONFLICT DO NOTHING RETURNING seq
      )
      SELECT (SELECT count(*) FROM added) AS added, ${withDurable} FROM run`
    if ((await this.#query(statement, [runId, decision.id, JSON.stringify(decision)])).length === 0) return undefined
    return (await this.decisions(runId)).find(({ id }) => id === decision.id)
  }

  async decisions(runId: string): Promise<readonly Decision[]> {
    const rows = await this.#query(`SELECT decision FROM ${this.#tables.decisions} WHERE run_id = $1 ORDER BY seq`, [runId])
    return rows.map((row) => JSON.parse(String(row['decision'])) as Decision)
  }

  /** Moves the ends of leases, of those runs that still have these owners. */
  async extendLeases(held: readonly Held[], leaseMs: number): Promise<void> {
    const update = `
      UPDATE ${this.#tables.runs} AS run SET lease_until = ${leaseEnd('$3')}
      FROM unnest($1::text[], $2::bigint[]) AS held (run_id, fence) WHERE run.run_id = held.run_id AND run.fence = held.fence`
    await this.#query(update, [held.map(({ runId }) => runId), held.map(({ fence }) => fence), leaseMs])
  }

  /**
   * Ends a lease. The run gets another number too, so that nothing that this owner sent earlier, such as a renewal of its leases, has an
   * effect when it arrives later.
   */
  async release({ runId, fence }: Held): Promise<void> {
    const update = `UPDATE ${this.#tables.runs} SET fence = fence + 1, lease_until = clock_timestamp() WHERE run_id = $1 AND fence = $2::bigint`
    await this.#query(update, [runId, fence])
  }

  /** Deletes a run and its large values, with the conditions of `take`. */
  async delete({ runId, fence }: Held, isForced: boolean, keepValues: readonly string[]): Promise<void> {
    const condition = 'run_id = $1 AND fence = $2::bigint AND ($3::boolean OR lease_until <= clock_timestamp())'
    const { runs, artifacts } = this.#tables
    const gone = `DELETE FROM ${runs} WHERE ${condition} RETURNING run_id`
    const values = `DELETE FROM ${artifacts} USING gone WHERE ${artifacts}.run_id = gone.run_id AND NOT (id_hash = ANY ($4::text[]))`
    await this.#query(`WITH gone AS (${gone}) ${values}`, [runId, fence, isForced, keepValues.map(hashOf)])
  }

  /** After a connection that broke, the records may be there already. Only their owner writes them, so they must be the same. */
  async #compare(runId: string, seq: number, records: readonly string[]): Promise<void> {
    const select = `SELECT record FROM ${this.#tables.records} WHERE run_id = $1 AND seq >= $2 ORDER BY seq`
    const kept = (await this.#query(select, [runId, seq])).map((row) => String(row['record']))
    const isSame = kept.length === records.length && kept.every((record, index) => record === records[index])
    if (!isSame) throw broken(`The run '${runId}' has records that its owner did not write`)
  }

  async #query(statement: string, values: readonly unknown[]) {
    return await this.#database.query(statement, values)
  }
}

function leaseEnd(leaseMs: string): string {
  return `clock_timestamp() + ${leaseMs}::float8 * interval '1 millisecond'`
}

function parseHead(text: unknown): RunHead {
  const head = JSON.parse(String(text)) as RunHead
  checkVersion(head)
  return head
}
