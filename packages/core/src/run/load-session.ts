import type { Operations } from '../contract/operations.ts'
import type { RunBounds } from './bounded-run.ts'
import type { RunStart } from './run-start.ts'
import type { SessionRun } from './session-run.ts'

/** The session of a run; `undefined` for a run without one. Its code is loaded with the first run that has one. */
export async function loadSession(start: RunStart, host: Operations, bounds: RunBounds): Promise<SessionRun | undefined> {
  const { session, journal, engine, isResumed } = start
  if (session === undefined) return undefined
  bounds.signal.throwIfAborted()
  const { SessionRun } = await import('./session-run.ts')
  const isRecorded = journal !== undefined || engine !== undefined || isResumed
  return new SessionRun({ ...session, runId: host.runId, isRecorded, bounds, engine: engine && host })
}
