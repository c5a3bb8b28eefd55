import { AgentError, type Journal, type ListedRun } from '@capstan/core'
import { Refusal } from '../http/refusal.ts'
import type { ResolvedOptions } from '../options.ts'
import { metadataOf } from './access.ts'
import type { LiveRuns } from './live-runs.ts'

/** Runs that are listed at once. */
const pageSize = 100

/**
 * Continues runs that no process has: those that a crash interrupted, those that a closing server stopped, and those whose questions are all
 * answered. A run of another process is locked, and left to it.
 */
export async function recoverRuns(live: LiveRuns, { journal, onError }: Pick<ResolvedOptions, 'journal' | 'onError'>): Promise<void> {
  if (journal === undefined) return
  for (const status of ['unfinished', 'paused'] as const) {
    for await (const run of runsOf(journal, status)) {
      if (live.isClosing) return
      if (metadataOf(run) === undefined || !isLeft(run)) continue
      await recoverRun(live, run.runId).catch((error: unknown) => {
        if (!isExpected(error)) onError(error)
      })
    }
  }
}

async function recoverRun(live: LiveRuns, runId: string): Promise<void> {
  const found = await live.access.find(runId)
  if (found?.live === undefined && found?.saved !== undefined) await live.adopt(found.saved)
  else if (found?.live?.phase === 'waiting') await live.resume(found.live)
}

/** True for a run that nobody has to answer. */
function isLeft({ status, questions }: ListedRun): boolean {
  const now = Date.now()
  return (
    status === 'unfinished' || questions.every(({ askedAt, expiresInMs }) => askedAt !== undefined && expiresInMs !== undefined && askedAt + expiresInMs < now)
  )
}

/** Another process has the run, or its agent is not served here. */
function isExpected(error: unknown): boolean {
  return (AgentError.is(error) && error.code === 'run-locked') || error instanceof Refusal
}

async function* runsOf(journal: Journal, status: 'unfinished' | 'paused'): AsyncGenerator<ListedRun> {
  let cursor: string | undefined
  do {
    const page = await journal.list({ status, limit: pageSize, ...(cursor !== undefined && { cursor }) })
    yield* page.runs
    cursor = page.cursor
  } while (cursor !== undefined)
}
