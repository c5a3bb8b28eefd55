import type { RecordHost } from '../durability/hosts/record-host.ts'
import type { Journal, OpenRun, RunHead } from '../durability/journal.ts'
import type { EndRecord } from '../durability/records.ts'
import { BoundedRun, type RunBounds } from './bounded-run.ts'

/** The journal of one run, from opening it to giving it back for the next owner. */
export class RunJournal {
  readonly #host: RecordHost
  readonly #bounds: RunBounds
  #run: BoundedRun | undefined

  /** @param host - Records the run in the journal once it is open. */
  constructor(host: RecordHost, bounds: RunBounds) {
    this.#host = host
    this.#bounds = bounds
  }

  /** @throws What `open` throws; {AgentError} `journal-failed`, `state-mismatch` for a run of a later release. */
  async open(open: () => Promise<OpenRun>, journal: Pick<Journal, 'decide'>): Promise<RunHead> {
    this.#run = await BoundedRun.open(open, journal, this.#bounds)
    await this.#host.attach(this.#run)
    return this.#run.head
  }

  /** Gives the run back as it is: this process did nothing of it. */
  async leave(): Promise<void> {
    const run = this.#run
    this.#run = undefined
    await run?.close()
  }

  /** Records how this process ended its part of the run, and closes the run. Does nothing when it is not open. */
  async close({ status, stopReason }: Pick<EndRecord, 'status' | 'stopReason'>): Promise<void> {
    const run = this.#run
    this.#run = undefined
    if (run === undefined) return
    try {
      await this.#host.end({ type: 'end', id: 'end', status, stopReason })
    } finally {
      await run.close()
    }
  }
}
