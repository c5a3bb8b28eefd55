/** The exit codes of an automation: those of the command `capstan`, so that one unit file or workflow fits both. */
export const exitCodes = {
  /** Every document has a result, or was refused within what `--max-failed` allows. */
  finished: 0,
  /** The job failed, or more documents failed than `--max-failed` allows. A later start tries only these again. */
  error: 1,
  usage: 2,
  /** The cap on money was reached. Nothing was spent beyond it. */
  cap: 3,
  /** A person must answer a question, or the job was stopped and a later start continues it. */
  paused: 4,
  /** EX_TEMPFAIL of sysexits.h: another process is working on this time slot. */
  overlap: 75,
  /** Work in progress was abandoned: a second signal, or the end of the grace period. */
  aborted: 130,
} as const

/** What became of a job, as far as its exit code depends on it. */
export interface JobEnd {
  readonly isAborted: boolean
  /** True if a problem of the job itself ended it, such as a refused key. */
  readonly hasBroken: boolean
  readonly failed: number
  readonly maxFailed: number
  readonly isCapReached: boolean
  /** Documents about which a person is asked. */
  readonly waiting: number
  /** Documents that were not begun, or were stopped. */
  readonly left: number
}

/** The exit code of a job: the first that applies, from what needs attention most. */
export function exitCodeOf(end: JobEnd): number {
  if (end.isAborted) return exitCodes.aborted
  if (end.hasBroken) return exitCodes.error
  // Before failed documents, which a scheduler may try again: while the cap is reached, a further start does nothing.
  if (end.isCapReached) return exitCodes.cap
  if (end.left > 0) return exitCodes.paused
  if (end.failed > end.maxFailed) return exitCodes.error
  return end.waiting > 0 ? exitCodes.paused : exitCodes.finished
}
