import type { Run } from '@capstan/core'
import type { StopCause } from './host.ts'

/** Ends a run when the command is asked to end: at once, or after what is under way, which may take so long. */
export function stopRun(run: Run, cause: StopCause, graceMs: number): void {
  if (cause === 'interrupt') run.abort(new Error('interrupted'))
  // Who awaits the result of the run hears of a failure.
  else run.stop({ graceMs }).catch(() => {})
}
