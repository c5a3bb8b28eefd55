import type { Run } from '@capstan/core'
import type { StopCause } from './host.ts'

/** Ends a run when the command is asked to end. */
export function stopRun(run: Run, cause: StopCause): void {
  run.abort(new Error(cause === 'output-lost' ? 'nobody reads the output' : 'interrupted'))
}
