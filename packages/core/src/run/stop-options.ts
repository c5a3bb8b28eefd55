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

interface Abortable {
  readonly result: Promise<unknown>
  abort(reason: unknown): void
}

/** Aborts a run that was stopped and does not end in time. */
export function abortAfter(ms: number, run: Abortable): void {
  const reason = new DOMException(`The run was stopped and did not end within ${ms} ms.`, 'TimeoutError')
  const timer = setTimeout(() => run.abort(reason), ms)
  const clear = (): void => clearTimeout(timer)
  run.result.then(clear, clear)
}
