import { checkNames, invalidOptions } from '../contract/options.ts'

/** The options of `run.stop()`. */
export interface StopOptions {
  /** How long work in progress may take, in milliseconds. After that the run is aborted. Default: no limit. */
  readonly graceMs?: number
}

const longestTimerMs = 2 ** 31 - 1

/** @throws {AgentError} `invalid-options`. */
export function checkStopOptions(options: StopOptions): StopOptions {
  checkNames(options, { names: ['graceMs'], what: 'an option of run.stop()' })
  const { graceMs } = options
  if (graceMs === undefined || (graceMs >= 0 && graceMs <= longestTimerMs)) return options
  throw invalidOptions(`graceMs must be a number of milliseconds from 0 to ${longestTimerMs}, not ${graceMs}.`)
}
