import type { Held, RunRows } from './run-rows.ts'

/** The leases of the runs that this process owns in one database. All are renewed in one statement, three times in their duration. */
export class Leases {
  readonly #rows: RunRows
  readonly #leaseMs: number
  readonly #held = new Set<Held>()
  /** Of two claims of a run the newer one. */
  readonly #byRun = new Map<string, Held>()
  #timer: NodeJS.Timeout | undefined
  #isRenewing = false

  constructor(rows: RunRows, leaseMs: number) {
    this.#rows = rows
    this.#leaseMs = leaseMs
  }

  hold(run: Held): void {
    this.#held.add(run)
    this.#byRun.set(run.runId, run)
    this.#timer ??= setInterval(() => void this.#renew(), Math.max(1, this.#leaseMs / 3))
    // The timer of a lease does not keep the process alive.
    this.#timer.unref()
  }

  heldOf(runId: string): Held | undefined {
    return this.#byRun.get(runId)
  }

  /** Gives a run up. Does nothing when another process owns it. */
  async release(run: Held): Promise<void> {
    this.#held.delete(run)
    if (this.#byRun.get(run.runId) === run) this.#byRun.delete(run.runId)
    if (this.#held.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
    await this.#rows.release(run)
  }

  // A renewal that fails is tried again by the next one. When the lease is lost, the next append reports it.
  async #renew(): Promise<void> {
    if (this.#isRenewing) return
    this.#isRenewing = true
    await this.#rows.extendLeases([...this.#held], this.#leaseMs).catch(() => {})
    this.#isRenewing = false
  }
}
