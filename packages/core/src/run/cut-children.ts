import type { LoopRun } from '../loop/loop-run.ts'

/** Charges the requests of children that an abort cut. */
export function cutChildren({ children }: LoopRun): void {
  for (const { run, ending } of children.all) {
    if (ending === undefined && run.child !== undefined && run.child.shown.attempt > 0) run.ledger.cutAttempt()
    cutChildren(run)
  }
}
