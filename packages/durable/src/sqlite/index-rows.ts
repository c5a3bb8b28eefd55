import { AgentError, type ListedRun, type RunHead } from '@capstan/core'
import type { CheckedList } from '../list-options.ts'
import { brokenRun, type IndexedRun, listedRun, pairsOf, RunIndexer } from '../run-index.ts'
import type { Connection } from './connection.ts'
import { RunRows } from './run-rows.ts'
import { oldRunTables, runTables } from './schema.ts'

/** The most runs that are added to the index in one transaction. */
const batchSize = 50

/** Runs that the index does not have, or whose owner of release 0.1.0 has written since. */
const missing = `
  SELECT run_id FROM ${runTables.runs} WHERE run_id NOT IN (SELECT run_id FROM capstan_run_index)
  UNION ALL SELECT run.run_id FROM ${oldRunTables.runs} AS run LEFT JOIN capstan_run_index AS listed USING (run_id) WHERE listed.indexed_at IS NOT run.changed_at
  LIMIT ?`

/** True when the index is not complete. */
export function isMissingRuns(connection: Connection): boolean {
  return connection.all(missing, 1).length > 0
}

/** Adds some of the runs that the index does not have. Returns false when it is complete. */
export function addMissingRuns(connection: Connection): boolean {
  const rows = connection.all(missing, batchSize)
  for (const row of rows) {
    const runId = String(row['run_id'])
    const changedAt = changedAtOf(connection, runId)
    setIndexed(connection, { runId, beganAt: changedAt, at: changedAt }, readIndexed(connection, runId))
  }
  return rows.length === batchSize
}

/** Adds a run that begins, or one that the index does not have. */
export function addIndexed(connection: Connection, head: RunHead, run: IndexedRun): void {
  if (connection.all('SELECT 1 FROM capstan_run_index WHERE run_id = ?', head.runId).length > 0) return
  const at = changedAtOf(connection, head.runId)
  setIndexed(connection, { runId: head.runId, beganAt: at, at }, run)
}

export interface IndexTimes {
  readonly runId: string
  /** Stays when the run is there. */
  readonly beganAt: number
  /** When the run was changed, as its row says. */
  readonly at: number
}

export function setIndexed(connection: Connection, { runId, beganAt, at }: IndexTimes, run: IndexedRun): void {
  const upsert = `
    INSERT INTO capstan_run_index (run_id, began_at, indexed_at, agent, status, run) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET indexed_at = excluded.indexed_at, agent = excluded.agent, status = excluded.status, run = excluded.run`
  connection.run(upsert, runId, beganAt, at, JSON.stringify(run.agent), run.status, JSON.stringify(run))
  for (const pair of pairsOf(run.metadata)) connection.run('INSERT INTO capstan_run_metadata (run_id, pair) VALUES (?, ?) ON CONFLICT DO NOTHING', runId, pair)
}

export function deleteIndexed(connection: Connection, runId: string): void {
  for (const table of ['capstan_run_index', 'capstan_run_metadata']) connection.run(`DELETE FROM ${table} WHERE run_id = ?`, runId)
}

/** The runs of one page, and one more if there is another page. */
export function listIndexed(connection: Connection, options: CheckedList): readonly ListedRun[] {
  const { statuses, agent, metadata, changedBefore, limit, after } = options
  const changedAt = 'coalesce(fresh.changed_at, earlier.changed_at)'
  const conditions: readonly (readonly [string, ...(string | number)[]])[] = [
    [`${changedAt} IS NOT NULL`],
    ...(statuses === undefined ? [] : [[`status IN (${statuses.map(() => '?').join(', ')})`, ...statuses] as const]),
    ...(agent === undefined ? [] : [['agent = ?', JSON.stringify(agent)] as const]),
    ...pairsOf(metadata).map((pair) => ['EXISTS (SELECT 1 FROM capstan_run_metadata AS own WHERE own.run_id = listed.run_id AND own.pair = ?)', pair] as const),
    ...(changedBefore === undefined ? [] : [[`${changedAt} < ?`, changedBefore] as const]),
    ...(after === undefined ? [] : [['(began_at, listed.run_id) < (?, ?)', after.beganAt, after.runId] as const]),
  ]
  const select = `
    SELECT listed.run_id, began_at, run, ${changedAt} AS changed_at FROM capstan_run_index AS listed
    LEFT JOIN ${runTables.runs} AS fresh USING (run_id) LEFT JOIN ${oldRunTables.runs} AS earlier USING (run_id)
    WHERE ${conditions.map(([condition]) => condition).join(' AND ')} ORDER BY began_at DESC, listed.run_id DESC LIMIT ?`
  const rows = connection.all(select, ...conditions.flatMap(([, ...values]) => values), limit + 1)
  return rows.map((row) => {
    // Written by `setIndexed`.
    const run = JSON.parse(String(row['run'])) as IndexedRun
    const position = { runId: String(row['run_id']), beganAt: Number(row['began_at']) }
    const decisions = run.questions.length === 0 ? [] : (RunRows.find(connection, position.runId)?.decisions() ?? [])
    return listedRun(position, run, { changedAt: Number(row['changed_at']), decided: new Set(decisions.map(({ id }) => id)) })
  })
}

function readIndexed(connection: Connection, runId: string): IndexedRun {
  try {
    const saved = RunRows.find(connection, runId)?.read()
    return saved === undefined ? brokenRun('It was deleted.') : new RunIndexer(saved.head, saved.records).run
  } catch (error) {
    return brokenRun(AgentError.is(error) ? error.message : `Its records cannot be read: ${String(error)}.`)
  }
}

function changedAtOf(connection: Connection, runId: string): number {
  return RunRows.find(connection, runId)?.changedAt() ?? 0
}
