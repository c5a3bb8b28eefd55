import { randomUUID } from 'node:crypto'
import type { AgentError, Decision, OpenRun, RunHead, RunPage, SavedRun } from '@capstan/core'
import { AppendQueue, type EncodedRecord, encodeRecords } from '../append-queue.ts'
import { guarded, locked, lostOwnership, notFound, takenMeanwhile } from '../failure.ts'
import type { Ownership, RunStore } from '../journal.ts'
import type { CheckedList } from '../list-options.ts'
import { identifyProcess, isGone, type ProcessIdentity } from '../process-identity.ts'
import { pageOf, RunIndexer } from '../run-index.ts'
import { ArtifactRows } from './artifact-rows.ts'
import { Database } from './database.ts'
import { checkId } from './ids.ts'
import { IndexRows } from './index-rows.ts'
import { Leases } from './leases.ts'
import { type Held, RunRows, type SeenRun } from './run-rows.ts'
import type { Source } from './source.ts'

/** The runs in one schema of a database. */
export class PostgresRuns implements RunStore {
  readonly #database: Database
  readonly #ownership: Ownership
  readonly #rows: RunRows
  readonly #index: IndexRows
  readonly #leases: Leases
  readonly artifacts: ArtifactRows

  constructor(source: Source, schema: string, ownership: Ownership) {
    this.#database = new Database(source, schema)
    this.#ownership = ownership
    this.#rows = new RunRows(this.#database)
    this.#index = new IndexRows(this.#database, (runId) => this.#rows.read(runId))
    this.#leases = new Leases(this.#rows, ownership.leaseMs)
    this.artifacts = new ArtifactRows(this.#database, (runId) => this.#leases.heldOf(runId))
  }

  async open(runId: string, head?: RunHead): Promise<OpenRun> {
    checkId(runId)
    if (head !== undefined) await this.#rows.add(head)
    const { seen, isForced } = await this.#seeFree(runId)
    const owner = JSON.stringify({ ...(await identifyProcess()), claim: randomUUID() })
    const held = await this.#rows.take(seen, { owner, leaseMs: this.#ownership.leaseMs, isForced })
    // Of all processes that saw the run free, one changes the number of the owner first.
    if (held === undefined) throw takenMeanwhile(runId)
    this.#leases.hold(held)
    try {
      return this.#owned(await this.#find(runId), held)
    } catch (error) {
      await this.#leases.release(held).catch(() => {})
      throw error
    }
  }

  async read(runId: string): Promise<SavedRun> {
    checkId(runId)
    return await this.#find(runId)
  }

  async decide(runId: string, decision: Decision): Promise<Decision> {
    checkId(runId)
    const kept = await this.#rows.decide(runId, decision)
    if (kept === undefined) throw this.#notFound(runId)
    return kept
  }

  async list(options: CheckedList): Promise<RunPage> {
    return pageOf(await this.#index.list(options), options.limit)
  }

  async delete(runId: string, keepValues: readonly string[] = []): Promise<void> {
    checkId(runId)
    const { seen, isForced } = await this.#seeFree(runId)
    await this.#rows.delete(seen, isForced, keepValues)
    if ((await this.#rows.see(runId)) !== undefined) throw takenMeanwhile(runId)
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  #owned(saved: SavedRun, held: Held): OpenRun {
    const { runId } = held
    const { leaseMs } = this.#ownership
    let seq = saved.records.length
    const indexer = new RunIndexer(saved.head, saved.records)
    const queue = new AppendQueue<EncodedRecord>(async (encoded) => {
      const records = encoded.map(({ text }) => text)
      const indexed = indexer.add(encoded.map(({ record }) => record))
      if (!(await this.#rows.append(held, seq, { records, leaseMs, indexed }))) throw lostOwnership(runId)
      seq += records.length
    })
    return {
      ...saved,
      append: async (records, isDurable) => await queue.append(encodeRecords(records), isDurable),
      readDecisions: async () => await guarded('Reading decisions', async () => await this.#rows.decisions(runId)),
      close: async () =>
        await guarded(`Closing the run '${runId}'`, async () => {
          await queue.settled()
          await this.#leases.release(held)
        }),
    }
  }

  /**
   * A run that is free to take. `isForced`: although its lease has not ended.
   *
   * @throws {AgentError} `run-locked` when a process owns the run; `run-not-found`.
   */
  async #seeFree(runId: string): Promise<{ readonly seen: SeenRun; readonly isForced: boolean }> {
    const seen = await this.#rows.see(runId)
    if (seen === undefined) throw this.#notFound(runId)
    if (seen.leftMs <= 0) return { seen, isForced: false }
    // Written by identifyProcess() of another process.
    const identity = JSON.parse(seen.owner) as ProcessIdentity
    if (this.#ownership.force || (await isGone(identity))) return { seen, isForced: true }
    throw locked(runId, identity, seen.leftMs)
  }

  async #find(runId: string): Promise<SavedRun> {
    const saved = await this.#rows.read(runId)
    if (saved === undefined) throw this.#notFound(runId)
    return saved
  }

  #notFound(runId: string): AgentError {
    return notFound(runId, `the schema '${this.#database.tables.schema}' of the database`)
  }
}
