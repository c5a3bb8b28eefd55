import type { Decision, RunHead, RunRecord, SavedRun } from '@capstan/core'
import { checkVersion } from '../failure.ts'
import type { Connection } from './connection.ts'
import { oldRunTables, type RunTables, runTables } from './schema.ts'

/** The owner of a run: its number, its identity as JSON, and the end of its lease in milliseconds since the Unix epoch. */
export interface Owner {
  readonly fence: number
  readonly owner: string
  readonly leaseUntil: number
}

/** The rows of one run, in the tables of the release that began it. */
export class RunRows {
  readonly #connection: Connection
  readonly #tables: RunTables
  readonly #runId: string

  private constructor(connection: Connection, tables: RunTables, runId: string) {
    this.#connection = connection
    this.#tables = tables
    this.#runId = runId
  }

  /** The rows of a run; `undefined` when the database does not have the run. */
  static find(connection: Connection, runId: string): RunRows | undefined {
    for (const tables of [runTables, oldRunTables]) {
      if (connection.all(`SELECT 1 FROM ${tables.runs} WHERE run_id = ?`, runId).length > 0) return new RunRows(connection, tables, runId)
    }
    return undefined
  }

  /** Adds a run that the database does not have. */
  static add(connection: Connection, head: RunHead): RunRows {
    const insert = `INSERT INTO ${runTables.runs} (run_id, head, fence, owner, lease_until, changed_at) VALUES (?, ?, 0, '', 0, ?)`
    connection.run(insert, head.runId, JSON.stringify(head), Date.now())
    return new RunRows(connection, runTables, head.runId)
  }

  /** @throws {AgentError} `journal-failed` when a newer version of Capstan began the run. */
  read(): SavedRun {
    const [run] = this.#connection.all(`SELECT head FROM ${this.#tables.runs} WHERE run_id = ?`, this.#runId)
    // The tables are written by this package only.
    const head = JSON.parse(String(run?.['head'])) as RunHead
    checkVersion(head)
    const records = this.#connection.all(`SELECT record FROM ${this.#tables.records} WHERE run_id = ? ORDER BY seq`, this.#runId)
    return { head, records: records.map((row) => JSON.parse(String(row['record'])) as RunRecord), decisions: this.decisions() }
  }

  /** When the run was changed last, in milliseconds since the Unix epoch. */
  changedAt(): number {
    const [row] = this.#connection.all(`SELECT changed_at FROM ${this.#tables.runs} WHERE run_id = ?`, this.#runId)
    return Number(row?.['changed_at'])
  }

  append(seq: number, records: readonly string[]): void {
    const insert = `INSERT INTO ${this.#tables.records} (run_id, seq, record) VALUES (?, ?, ?)`
    for (const [index, record] of records.entries()) this.#connection.run(insert, this.#runId, seq + index, record)
  }

  decisions(): readonly Decision[] {
    const rows = this.#connection.all(`SELECT decision FROM ${this.#tables.decisions} WHERE run_id = ? ORDER BY seq`, this.#runId)
    return rows.map((row) => JSON.parse(String(row['decision'])) as Decision)
  }

  /** Adds a decision, unless its question has one. Returns the decision that counts. */
  addDecision(decision: Decision): Decision {
    const insert = `INSERT INTO ${this.#tables.decisions} (run_id, question_id, decision) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`
    this.#connection.run(insert, this.#runId, decision.id, JSON.stringify(decision))
    return this.decisions().find(({ id }) => id === decision.id) ?? decision
  }

  owner(): Owner {
    const [row] = this.#connection.all(`SELECT fence, owner, lease_until FROM ${this.#tables.runs} WHERE run_id = ?`, this.#runId)
    return { fence: Number(row?.['fence']), owner: String(row?.['owner']), leaseUntil: Number(row?.['lease_until']) }
  }

  setOwner({ fence, owner, leaseUntil }: Owner): void {
    this.#connection.run(`UPDATE ${this.#tables.runs} SET fence = ?, owner = ?, lease_until = ? WHERE run_id = ?`, fence, owner, leaseUntil, this.#runId)
  }

  /** Moves the end of the lease of the owner with this number. Returns false when the run has another owner. */
  extendLease(fence: number, leaseUntil: number): boolean {
    const update = `UPDATE ${this.#tables.runs} SET lease_until = ? WHERE run_id = ? AND fence = ?`
    return this.#connection.run(update, leaseUntil, this.#runId, fence) === 1
  }

  /** Like `extendLease`, and also sets the time of the last change of the run. */
  extendLeaseForChange(fence: number, { now, leaseUntil }: { readonly now: number; readonly leaseUntil: number }): boolean {
    const update = `UPDATE ${this.#tables.runs} SET changed_at = ?, lease_until = ? WHERE run_id = ? AND fence = ?`
    return this.#connection.run(update, now, leaseUntil, this.#runId, fence) === 1
  }

  delete(): void {
    const { runs, records, decisions } = this.#tables
    for (const table of [runs, records, decisions]) this.#connection.run(`DELETE FROM ${table} WHERE run_id = ?`, this.#runId)
  }
}
