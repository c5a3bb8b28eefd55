import type { Run } from '@capstan/core'
import type { StopCause } from './host.ts'

/** Ends a run when the command must end: at once, or after the work in progress, for at most `graceMs` milliseconds. */
export function stopRun(run: Run, cause: StopCause, graceMs: number): void {
  if (cause === 'interrupt') run.abort(new Error('interrupted'))
  // A failure is reported by the result of the run.
  else run.stop({ graceMs }).catch(() => {})
}
