import type { AgentError, RunResult } from '@capstan/core'

/** The exit codes of the command. */
export const exitCodes = {
  finished: 0,
  error: 1,
  usage: 2,
  limit: 3,
  paused: 4,
  /** EX_TEMPFAIL of sysexits.h: another process is working on the run, so a later start may succeed. `flock -E 75` uses the same number. */
  locked: 75,
  aborted: 130,
} as const

/** The exit code for a result. An unusable result (truncated, filtered) is an error. */
export function exitCodeOf({ status }: RunResult): number {
  return status === 'unusable' ? exitCodes.error : exitCodes[status]
}

/** The exit code for an error that ended a command. */
export function exitCodeOfError({ code }: AgentError): number {
  if (code === 'run-locked') return exitCodes.locked
  if (code === 'aborted') return exitCodes.aborted
  return code === 'invalid-options' ? exitCodes.usage : exitCodes.error
}
