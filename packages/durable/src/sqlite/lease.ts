import { AgentError } from '@capstan/core'
import type { Database } from './database.ts'

export interface LeaseTerms {
  readonly runId: string
  /** The fencing token of this owner. */
  readonly fence: number
  readonly leaseMs: number
}

/** The right to write a run for some time, renewed while the process lives. */
export class Lease {
  readonly #database: Database
  readonly #terms: LeaseTerms
  readonly #timer: NodeJS.Timeout

  constructor(database: Database, terms: LeaseTerms) {
    this.#database = database
    this.#terms = terms
    this.#timer = setInterval(() => this.#renew(), Math.max(1, terms.leaseMs / 3))
    // A lease alone keeps no process alive.
    this.#timer.unref()
  }

  /**
   * Writes in one transaction, in which the token is checked: nobody took the run over before, and nobody can until it is written.
   *
   * @throws {AgentError} `run-locked` when somebody took it over.
   */
  guard(write: () => void): void {
    const { runId, fence, leaseMs } = this.#terms
    this.#database.transaction(() => {
      const update = 'UPDATE capstan_runs SET changed_at = ?, lease_until = ? WHERE run_id = ? AND fence = ?'
      const now = Date.now()
      if (this.#database.run(update, now, now + leaseMs, runId, fence) === 0) {
        throw new AgentError(`The run '${runId}' was taken over by another process, so this one may not write it any more.`, { code: 'run-locked' })
      }
      write()
    })
  }

  /** Gives the run up. Does nothing when somebody else has it. */
  release(): void {
    clearInterval(this.#timer)
    this.#setEnd(0)
  }

  // A database that is busy now may not be so at the next time; an append will tell if the lease is lost.
  #renew(): void {
    try {
      this.#setEnd(Date.now() + this.#terms.leaseMs)
    } catch {}
  }

  #setEnd(at: number): void {
    const { runId, fence } = this.#terms
    this.#database.run('UPDATE capstan_runs SET lease_until = ? WHERE run_id = ? AND fence = ?', at, runId, fence)
  }
}
