import type { Decision, OpenRun, RunHead, RunPage, SavedRun } from '@capstan/core'
import { AppendQueue, type EncodedRecord, encodeRecords } from '../append-queue.ts'
import { guarded, locked, notFound, takenMeanwhile } from '../failure.ts'
import type { Ownership, RunStore } from '../journal.ts'
import type { CheckedList } from '../list-options.ts'
import { identifyProcess, isGone, type ProcessIdentity } from '../process-identity.ts'
import { pageOf, RunIndexer } from '../run-index.ts'
import type { Connection } from './connection.ts'
import { Database } from './database.ts'
import { addIndexed, addMissingRuns, deleteIndexed, isMissingRuns, listIndexed, setIndexed } from './index-rows.ts'
import { Lease } from './lease.ts'
import { type Owner, RunRows } from './run-rows.ts'
import { deleteArtifacts, SqliteArtifacts } from './sqlite-artifacts.ts'

/** The runs of one database. */
export class SqliteRuns implements RunStore {
  readonly #database: Database
  readonly #ownership: Ownership
  readonly #leases = new Map<string, Lease>()
  readonly artifacts: SqliteArtifacts

  constructor(path: string, ownership: Ownership) {
    this.#database = new Database(path)
    this.#ownership = ownership
    this.artifacts = new SqliteArtifacts(this.#database, (runId) => this.#leases.get(runId)?.check())
  }

  async open(runId: string, head?: RunHead): Promise<OpenRun> {
    const owner = JSON.stringify(await identifyProcess())
    const seen = await this.#freeOwner(runId, head)
    const fence = seen.fence + 1
    const { leaseMs } = this.#ownership
    const { rows, saved, indexer } = await this.#database.write((connection) => {
      const rows = head === undefined ? this.#find(connection, runId) : (RunRows.find(connection, runId) ?? RunRows.add(connection, head))
      // Of all processes that found the run free, only the first to change the number of the owner gets it.
      refuseTaken(rows, seen, runId)
      rows.setOwner({ fence, owner, leaseUntil: Date.now() + leaseMs })
      const saved = rows.read()
      const indexer = new RunIndexer(saved.head, saved.records)
      addIndexed(connection, saved.head, indexer.run)
      return { rows, saved, indexer }
    })
    const lease = new Lease(this.#database, { runId, rows, fence, leaseMs })
    this.#leases.set(runId, lease)
    return this.#owned(saved, lease, indexer)
  }

  async read(runId: string): Promise<SavedRun> {
    return await this.#database.read((connection) => this.#find(connection, runId).read())
  }

  async decide(runId: string, decision: Decision): Promise<Decision> {
    return await this.#database.write((connection) => this.#find(connection, runId).addDecision(decision))
  }

  async list(options: CheckedList): Promise<RunPage> {
    if (await this.#database.read(isMissingRuns)) while (await this.#database.write(addMissingRuns));
    return pageOf(await this.#database.read((connection) => listIndexed(connection, options)), options.limit)
  }

  async delete(runId: string, keepValues: readonly string[] = []): Promise<void> {
    const seen = await this.#freeOwner(runId)
    await this.#database.write((connection) => {
      const rows = this.#find(connection, runId)
      refuseTaken(rows, seen, runId)
      rows.delete()
      deleteIndexed(connection, runId)
      deleteArtifacts(connection, runId, keepValues)
    })
  }

  #owned(saved: SavedRun, lease: Lease, indexer: RunIndexer): OpenRun {
    const { runId } = saved.head
    let seq = saved.records.length
    const queue = new AppendQueue<EncodedRecord>(async (records) => {
      const texts = records.map(({ text }) => text)
      const indexed = indexer.add(records.map(({ record }) => record))
      await lease.write((rows, now, connection) => {
        rows.append(seq, texts)
        if (indexed !== undefined) setIndexed(connection, { runId, beganAt: now, at: now }, indexed)
      })
      seq += records.length
    }, this.#database.path)
    return {
      ...saved,
      append: async (records, isDurable) => await queue.append(encodeRecords(records), isDurable),
      readDecisions: async () =>
        await guarded('Reading decisions', async () => await this.#database.read((connection) => this.#find(connection, runId).decisions())),
      close: async () =>
        await guarded(`Closing the run '${runId}'`, async () => {
          await queue.settled()
          if (this.#leases.get(runId) === lease) this.#leases.delete(runId)
          await lease.release()
        }),
    }
  }

  /**
   * The last owner of a run that can be taken.
   *
   * @throws {AgentError} `run-locked` if a process owns the run; `run-not-found` if there is no run and no head to begin it with.
   */
  async #freeOwner(runId: string, head?: RunHead): Promise<Owner> {
    const found = await this.#database.read((connection) => RunRows.find(connection, runId)?.owner())
    if (found === undefined && head !== undefined) return { fence: 0, owner: '', leaseUntil: 0 }
    if (found === undefined) throw notFound(runId, this.#database.path)
    const leftMs = found.leaseUntil - Date.now()
    if (this.#ownership.force || leftMs <= 0) return found
    // Written by identifyProcess() of another process.
    const identity = JSON.parse(found.owner) as ProcessIdentity
    if (await isGone(identity)) return found
    throw locked(runId, identity, leftMs)
  }

  #find(connection: Connection, runId: string): RunRows {
    const found = RunRows.find(connection, runId)
    if (found === undefined) throw notFound(runId, this.#database.path)
    return found
  }
}

function refuseTaken(rows: RunRows, { fence }: Owner, runId: string): void {
  if (rows.owner().fence !== fence) throw takenMeanwhile(runId)
}
