import { lostOwnership } from '../failure.ts'
import type { Connection } from './connection.ts'
import type { Database } from './database.ts'
import type { RunRows } from './run-rows.ts'

export interface LeaseTerms {
  readonly runId: string
  readonly rows: RunRows
  /** The number of this owner. Each owner has a greater number than all before it. */
  readonly fence: number
  readonly leaseMs: number
}

/** The right to write a run for a limited time, renewed while the process lives. */
export class Lease {
  readonly #database: Database
  readonly #terms: LeaseTerms
  readonly #timer: NodeJS.Timeout

  constructor(database: Database, terms: LeaseTerms) {
    this.#database = database
    this.#terms = terms
    this.#timer = setInterval(() => this.#renew(), Math.max(1, terms.leaseMs / 3))
    // The timer of a lease does not keep the process alive.
    this.#timer.unref()
  }

  /**
   * Writes in a transaction that also renews the lease, so no other process can own the run before the write is complete.
   *
   * @throws {AgentError} `run-locked` when another process owns the run.
   */
  async write(change: (rows: RunRows, now: number, connection: Connection) => void): Promise<void> {
    const { runId, rows, fence, leaseMs } = this.#terms
    await this.#database.write((connection) => {
      const now = Date.now()
      if (!rows.extendLeaseForChange(fence, { now, leaseUntil: now + leaseMs })) {
        throw lostOwnership(runId)
      }
      change(rows, now, connection)
    })
  }

  /**
   * In a transaction of the caller.
   *
   * @throws {AgentError} `run-locked` when another process owns the run.
   */
  check(): void {
    const { runId, rows, fence } = this.#terms
    if (rows.owner().fence !== fence) throw lostOwnership(runId)
  }

  /** Releases the run. Does nothing if another process owns it. */
  async release(): Promise<void> {
    clearInterval(this.#timer)
    await this.#setEnd(0)
  }

  // If a renewal fails, the next one tries again. If the lease is lost, the next append reports it.
  #renew(): void {
    this.#setEnd(Date.now() + this.#terms.leaseMs).catch(() => {})
  }

  async #setEnd(at: number): Promise<void> {
    const { rows, fence } = this.#terms
    await this.#database.write(() => rows.extendLease(fence, at))
  }
}
