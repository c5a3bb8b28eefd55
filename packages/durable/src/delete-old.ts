import { AgentError, type Journal, type ListedSession, type ListedStatus, resultsIn, Session, type SessionStore } from '@capstan/core'
import { checkNames, invalidOptions } from '@capstan/core/internal'

/** Options of `deleteOlderThan`. */
export interface RetentionOptions {
  /** Whose runs are deleted, with their large values. */
  readonly journal?: Journal
  /** Whose sessions are deleted. Without it, give no journal either whose results a session refers to. */
  readonly sessions?: SessionStore
  /** Also deletes paused runs, and sessions in which a run is open. Default: false. */
  readonly includeOpen?: boolean
}

/** What `deleteOlderThan` did. */
export interface Deleted {
  readonly runs: number
  readonly sessions: number
}

const pageSize = 100
const endedStatuses: readonly ListedStatus[] = ['finished', 'limit', 'unusable', 'unfinished', 'broken']

/** See `deleteOlderThan`. */
export async function deleteOld(ageMs: number, options: RetentionOptions): Promise<Deleted> {
  checkNames(options, { names: ['journal', 'sessions', 'includeOpen'], what: 'an option of deleteOlderThan()' })
  if (!(typeof ageMs === 'number' && ageMs >= 0)) throw invalidOptions(`The age of deleteOlderThan must be a number of milliseconds, not ${String(ageMs)}.`)
  const { journal, sessions, includeOpen = false } = options
  const before = Date.now() - ageMs
  // Sessions first: what they refer to decides which values stay.
  const kept = new Map<string, Set<string>>()
  const deletedSessions = sessions === undefined ? 0 : await deleteSessions(sessions, { before, includeOpen, kept })
  const deletedRuns = journal === undefined ? 0 : await deleteRuns(journal, { before, includeOpen, kept })
  return { runs: deletedRuns, sessions: deletedSessions }
}

interface Retention {
  readonly before: number
  readonly includeOpen: boolean
  /** Ids of the values that sessions refer to, by run. */
  readonly kept: Map<string, Set<string>>
}

async function deleteSessions(store: SessionStore, retention: Retention): Promise<number> {
  let deleted = 0
  for (let after: string | undefined; ; ) {
    const page = await store.list({ limit: pageSize, ...(after !== undefined && { after }) })
    for (const listed of page) if (await deleteSession(store, listed, retention)) deleted++
    after = page.at(-1)?.sessionId
    if (page.length < pageSize) return deleted
  }
}

/** Deletes a session that is old; of any other one, notes to which values it refers. */
async function deleteSession(store: SessionStore, { sessionId, changedAt }: ListedSession, { before, includeOpen, kept }: Retention): Promise<boolean> {
  const session = await Session.open(store, sessionId)
  const isOld = changedAt < before && (includeOpen || session.openRun === undefined)
  if (isOld) await store.delete(sessionId)
  else for (const { key } of resultsIn(session.allMessages)) kept.set(key.runId, (kept.get(key.runId) ?? new Set()).add(key.operation))
  return isOld
}

async function deleteRuns(journal: Journal, { before, includeOpen, kept }: Retention): Promise<number> {
  let deleted = 0
  const status: readonly ListedStatus[] = includeOpen ? [...endedStatuses, 'paused'] : endedStatuses
  for (let cursor: string | undefined; ; ) {
    const page = await journal.list({ status, changedBefore: before, limit: pageSize, ...(cursor !== undefined && { cursor }) })
    for (const { runId } of page.runs) if (await deleteRun(journal, runId, [...(kept.get(runId) ?? [])])) deleted++
    cursor = page.cursor
    if (cursor === undefined) return deleted
  }
}

/** False for a run that a process owns, or that is gone already. */
async function deleteRun(journal: Journal, runId: string, keep: readonly string[]): Promise<boolean> {
  try {
    await journal.delete(runId, keep)
    return true
  } catch (error) {
    if (AgentError.is(error) && (error.code === 'run-locked' || error.code === 'run-not-found')) return false
    throw error
  }
}
