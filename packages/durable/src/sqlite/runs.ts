import { AgentError, type Decision, type ListedRun, type OpenRun, type RunHead, type SavedRun } from '@capstan/core'
import { AppendQueue } from '../append-queue.ts'
import { checkRunId, guarded, locked, notFound } from '../failure.ts'
import { identifyProcess, isGone, type ProcessIdentity } from '../process-identity.ts'
import { Database } from './database.ts'
import { Lease } from './lease.ts'
import { type Owner, RunRows } from './run-rows.ts'

/** How runs are owned. */
export interface Terms {
  readonly leaseMs: number
  readonly force: boolean
}

/** The runs of one database. */
export class Runs {
  readonly #database: Database
  readonly #terms: Terms

  constructor(path: string, terms: Terms) {
    this.#database = new Database(path)
    this.#terms = terms
  }

  async open(runId: string, head: RunHead | undefined): Promise<OpenRun> {
    return await guarded(`Opening the run '${runId}'`, async () => await this.#take(runId, head))
  }

  async read(runId: string): Promise<SavedRun> {
    return await guarded(
      `Reading the run '${runId}'`,
      async () => await this.#database.read((connection) => this.#rows(RunRows.find(connection, runId), runId).read()),
    )
  }

  async decide(runId: string, decision: Decision): Promise<Decision> {
    const add = async () => await this.#database.write((connection) => this.#rows(RunRows.find(connection, runId), runId).addDecision(decision))
    return await guarded(`Keeping a decision about the run '${runId}'`, add)
  }

  async list(): Promise<readonly ListedRun[]> {
    const rows = await guarded('Listing runs', async () => await this.#database.read((connection) => RunRows.list(connection)))
    return rows.map((row) => ({ runId: String(row['run_id']), changedAt: Number(row['changed_at']) }))
  }

  async delete(runId: string): Promise<void> {
    await guarded(`Deleting the run '${runId}'`, async () => {
      const seen = await this.#freeOwner(runId)
      await this.#database.write((connection) => {
        const rows = this.#rows(RunRows.find(connection, runId), runId)
        refuseTaken(rows, seen, runId)
        rows.delete()
      })
    })
  }

  async #take(runId: string, head: RunHead | undefined): Promise<OpenRun> {
    checkRunId(runId, head)
    const owner = JSON.stringify(await identifyProcess())
    const seen = await this.#freeOwner(runId, head)
    const { leaseMs } = this.#terms
    const { rows, saved } = await this.#database.write((connection) => {
      const found = RunRows.find(connection, runId)
      const rows = found === undefined && head !== undefined ? RunRows.add(connection, head) : this.#rows(found, runId)
      // Of all processes that saw the run free, one changes the number of the owner first.
      refuseTaken(rows, seen, runId)
      rows.setOwner({ fence: seen.fence + 1, owner, leaseUntil: Date.now() + leaseMs })
      return { rows, saved: rows.read() }
    })
    return this.#owned(saved, new Lease(this.#database, { runId, rows, fence: seen.fence + 1, leaseMs }))
  }

  #owned(saved: SavedRun, lease: Lease): OpenRun {
    const { runId } = saved.head
    let seq = saved.records.length
    const queue = new AppendQueue<string>(async (records) => {
      await lease.write((rows) => rows.append(seq, records))
      seq += records.length
    })
    return {
      ...saved,
      append: async (records, isDurable) => await queue.append(encode(records), isDurable),
      readDecisions: async () => (await this.read(runId)).decisions,
      close: async () =>
        await guarded(`Closing the run '${runId}'`, async () => {
          await queue.settled()
          await lease.release()
        }),
    }
  }

  /**
   * The last owner of a run that is free to take.
   *
   * @throws {AgentError} `run-locked` when a process owns the run; `run-not-found` for no run, unless it can be made from a head.
   */
  async #freeOwner(runId: string, head?: RunHead): Promise<Owner> {
    const found = await this.#database.read((connection) => RunRows.find(connection, runId)?.owner())
    if (found === undefined && head !== undefined) return { fence: 0, owner: '', leaseUntil: 0 }
    if (found === undefined) throw notFound(runId, this.#database.path)
    const leftMs = found.leaseUntil - Date.now()
    if (this.#terms.force || leftMs <= 0) return found
    // Written by identifyProcess() of another process.
    const identity = JSON.parse(found.owner) as ProcessIdentity
    if (await isGone(identity)) return found
    throw locked(runId, identity, leftMs)
  }

  #rows(found: RunRows | undefined, runId: string): RunRows {
    if (found === undefined) throw notFound(runId, this.#database.path)
    return found
  }
}

// Asynchronous, so that what cannot be encoded is a failed write.
async function encode(records: readonly unknown[]): Promise<readonly string[]> {
  return records.map((record) => JSON.stringify(record))
}

function refuseTaken(rows: RunRows, { fence }: Owner, runId: string): void {
  if (rows.owner().fence !== fence) throw new AgentError(`The run '${runId}' is locked: another process took it at the same time.`, { code: 'run-locked' })
}
