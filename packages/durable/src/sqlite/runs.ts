import { AgentError, type Decision, type ListedRun, type OpenRun, type RunHead, type RunRecord, type SavedRun } from '@capstan/core'
import { guarded, notFound } from '../failure.ts'
import { identifyProcess, isGone, type ProcessIdentity } from '../process-identity.ts'
import { Database, type Row } from './database.ts'
import { Lease } from './lease.ts'

/** The runs of one database. */
export class Runs {
  readonly #database: Database
  readonly #terms: Terms

  constructor(path: string, terms: Terms) {
    this.#database = new Database(path)
    this.#terms = terms
  }

  async open(runId: string, head: RunHead | undefined): Promise<OpenRun> {
    return await guarded(`Opening the run '${runId}'`, () => openRun(this.#database, { runId, head, ...this.#terms }))
  }

  async read(runId: string): Promise<SavedRun> {
    return await guarded(`Reading the run '${runId}'`, () => readRun(this.#database, runId))
  }

  async decide(runId: string, decision: Decision): Promise<Decision> {
    return await guarded(`Keeping a decision about '${runId}'`, () => addDecision(this.#database, runId, decision))
  }

  async list(): Promise<readonly ListedRun[]> {
    const select = 'SELECT run_id, changed_at FROM capstan_runs ORDER BY changed_at DESC'
    return await guarded('Listing runs', () => this.#database.all(select).map(toListed))
  }

  async delete(runId: string): Promise<void> {
    await guarded(`Deleting the run '${runId}'`, () => deleteRun(this.#database, runId, this.#terms.force))
  }
}

/** How runs are owned. */
export interface Terms {
  readonly leaseMs: number
  readonly force: boolean
}

interface Opening extends Terms {
  readonly runId: string
  readonly head: RunHead | undefined
}

async function openRun(database: Database, { runId, head, leaseMs, force }: Opening): Promise<OpenRun> {
  if (head !== undefined) {
    const insert = "INSERT INTO capstan_runs (run_id, head, fence, owner, lease_until, changed_at) VALUES (?, ?, 0, '', 0, ?) ON CONFLICT DO NOTHING"
    database.run(insert, runId, JSON.stringify(head), Date.now())
  }
  const fence = await takeOver(database, { runId, leaseMs, force })
  const lease = new Lease(database, { runId, fence, leaseMs })
  const saved = readRun(database, runId)
  let failure: { readonly error: unknown } | undefined
  let seq = saved.records.length
  const append = (records: readonly RunRecord[]): void => {
    if (failure !== undefined) throw failure.error
    try {
      lease.guard(() => {
        const insert = 'INSERT INTO capstan_records (run_id, seq, record) VALUES (?, ?, ?)'
        for (const [index, record] of records.entries()) database.run(insert, runId, seq + index, JSON.stringify(record))
      })
      seq += records.length
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return {
    ...saved,
    append: async (records) => await guarded('Writing the journal', () => append(records)),
    readDecisions: async () => await guarded('Reading decisions', () => decisionsOf(database, runId)),
    close: async () => await guarded('Closing the journal', () => lease.release()),
  }
}

/** Takes the run, and returns the fencing token of this owner: one more than that of any before. */
async function takeOver(database: Database, { runId, leaseMs, force }: Omit<Opening, 'head'>): Promise<number> {
  const self = JSON.stringify(await identifyProcess())
  const seen = await freeRun(database, runId, force)
  const update = 'UPDATE capstan_runs SET fence = fence + 1, owner = ?, lease_until = ? WHERE run_id = ? AND fence = ?'
  // Whoever came first changed the token: of all that saw the run free, one has it.
  if (database.run(update, self, Date.now() + leaseMs, runId, seen) === 1) return seen + 1
  throw locked(runId, 'another process took it just now')
}

/** The token of a run that is free to take. */
async function freeRun(database: Database, runId: string, force: boolean): Promise<number> {
  const [row] = database.all('SELECT fence, owner, lease_until FROM capstan_runs WHERE run_id = ?', runId)
  if (row === undefined) throw notFound(runId, database.path)
  if (force || Number(row['lease_until']) <= Date.now()) return Number(row['fence'])
  // Written by identifyProcess() of some process.
  const owner = JSON.parse(String(row['owner'])) as ProcessIdentity
  if (await isGone(owner)) return Number(row['fence'])
  throw locked(runId, `process ${owner.pid} on ${owner.host} owns it`)
}

function readRun(database: Database, runId: string): SavedRun {
  const [run] = database.all('SELECT head FROM capstan_runs WHERE run_id = ?', runId)
  if (run === undefined) throw notFound(runId, database.path)
  const records = database.all('SELECT record FROM capstan_records WHERE run_id = ? ORDER BY seq', runId)
  // The tables are ours: what is in them was written here.
  const head = JSON.parse(String(run['head'])) as RunHead
  return { head, records: records.map((row) => JSON.parse(String(row['record'])) as RunRecord), decisions: decisionsOf(database, runId) }
}

function decisionsOf(database: Database, runId: string): readonly Decision[] {
  const rows = database.all('SELECT decision FROM capstan_decisions WHERE run_id = ? ORDER BY seq', runId)
  return rows.map((row) => JSON.parse(String(row['decision'])) as Decision)
}

function addDecision(database: Database, runId: string, decision: Decision): Decision {
  const insert = 'INSERT INTO capstan_decisions (run_id, question_id, decision) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'
  database.run(insert, runId, decision.id, JSON.stringify(decision))
  return decisionsOf(database, runId).find(({ id }) => id === decision.id) ?? decision
}

async function deleteRun(database: Database, runId: string, force: boolean): Promise<void> {
  const seen = await freeRun(database, runId, force)
  database.transaction(() => {
    if (database.run('DELETE FROM capstan_runs WHERE run_id = ? AND fence = ?', runId, seen) === 0) throw locked(runId, 'another process took it just now')
    database.run('DELETE FROM capstan_records WHERE run_id = ?', runId)
    database.run('DELETE FROM capstan_decisions WHERE run_id = ?', runId)
  })
}

function toListed(row: Row): ListedRun {
  return { runId: String(row['run_id']), changedAt: Number(row['changed_at']) }
}

function locked(runId: string, why: string): AgentError {
  return new AgentError(`The run '${runId}' is locked: ${why}.`, { code: 'run-locked' })
}
