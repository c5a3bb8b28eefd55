import { setImmediate } from 'node:timers'

/** Work that can pause: it yields when it has done a slice, and returns its result. */
export type Steps<Result> = Generator<undefined, Result>

/** The work that may be done without giving the event loop a turn: some milliseconds. */
const sliceUnits = 10_000
/** The work that one check may take in all: a few seconds. */
const maxUnits = 50_000_000

/** A check that would take more work than any check may. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork'
}

/** Counts the work of one check. A unit is about one comparison. */
export class Work {
  readonly #limit: number
  #done = 0
  #pauseAt = sliceUnits

  constructor(limit: number = maxUnits) {
    this.#limit = limit
  }

  get done(): number {
    return this.#done
  }

  /**
   * Counts work that is about to be done.
   *
   * @returns True when the caller must yield first.
   * @throws {TooMuchWork} When the check has taken all the work that it may.
   */
  spend(units: number): boolean {
    this.#done += units
    if (this.#done > this.#limit) throw new TooMuchWork('The check takes too much work.')
    if (this.#done < this.#pauseAt) return false
    this.#pauseAt = this.#done + sliceUnits
    return true
  }
}

/** Does work slice by slice. Other work of the process runs between two slices. */
export async function finish<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await nextTurn()
  }
}

/** Resolves when everything else that is due has had its turn. The timer is imported, because tests replace the global one. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
