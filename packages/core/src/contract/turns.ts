import { setImmediate } from 'node:timers'

/** Work that can pause: it yields when it has done a slice, and returns its result. */
export type Steps<Result> = Generator<undefined, Result>

/** The work that may be done without giving the event loop a turn: some milliseconds. */
const sliceUnits = 10_000

/** Counts work, and says when a slice of it is done. A unit is the work for one small value, well below a microsecond. */
export class Slice {
  #left = sliceUnits

  /** @returns True when the caller must yield first. */
  spend(units: number): boolean {
    this.#left -= units
    if (this.#left > 0) return false
    this.#left = sliceUnits
    return true
  }
}

/** Resolves when everything else that is due has had its turn. The timer is imported, because tests replace the global one. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Does work slice by slice; other work of the process runs between two slices. Work of one slice is done at once. */
export function finishInTurns<Result>(steps: Steps<Result>): Result | Promise<Result> {
  const step = steps.next()
  return step.done === true ? step.value : finishLater(steps)
}

async function finishLater<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    await nextTurn()
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Does all work at once. */
export function finishAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
