import { openQuestions } from '@capstan/core'
import type { ResolvedOptions } from '../options.ts'
import type { LiveRun } from './live-run.ts'
import type { LiveRuns } from './live-runs.ts'

/** How often waiting runs with readers are looked at, in milliseconds. */
const watchMs = 2_000

/**
 * Looks at runs that wait for a person while somebody reads them: another process may have continued one, the time for its answers may be
 * over, or its answers may have been kept by a process that died then.
 *
 * @returns What ends it.
 */
export function watchWaiting(runs: LiveRuns, { journal, onError }: Pick<ResolvedOptions, 'journal' | 'onError'>): () => void {
  if (journal === undefined) return () => undefined
  let isLooking = false
  const look = async (): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      for (const live of runs.all) if (live.phase === 'waiting' && !live.isQueued && live.log.readers > 0) await lookAt(live, runs)
    } finally {
      isLooking = false
    }
  }
  const timer = setInterval(() => void look().catch(onError), watchMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function lookAt(live: LiveRun, runs: LiveRuns): Promise<void> {
  const { settled } = live
  const saved = await runs.access.read(live.runId)
  // This process has continued it meanwhile.
  if (live.phase !== 'waiting' || live.settled !== settled) return
  const end = saved?.records.at(-1)
  if (saved === undefined || end?.type !== 'end' || end.status !== 'paused') return runs.forget(live)
  const now = Date.now()
  const isOpen = openQuestions(saved).some(({ askedAt = now, expiresInMs = Infinity }) => askedAt + expiresInMs > now)
  if (!isOpen) await runs.resume(live)
}
