import type { RunResult } from '@capstan/core'

/** The exit codes of the command. */
export const exitCodes = {
  finished: 0,
  error: 1,
  usage: 2,
  limit: 3,
  paused: 4,
  aborted: 130,
} as const

/** The exit code for a result. An unusable result (truncated, filtered) is an error. */
export function exitCodeOf({ status }: RunResult): number {
  return status === 'unusable' ? exitCodes.error : exitCodes[status]
}
