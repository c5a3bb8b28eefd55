import type { RunResult } from '@capstan/core'

/** What the command tells the shell. */
export const exitCodes = {
  finished: 0,
  error: 1,
  usage: 2,
  limit: 3,
  paused: 4,
  aborted: 130,
} as const

/** The exit code of a run that ended with a result. An unusable answer (truncated, filtered) is an error. */
export function exitCodeOf({ status }: RunResult): number {
  return status === 'unusable' ? exitCodes.error : exitCodes[status]
}
