/** The units of work in one slice, between two turns of the event loop: some milliseconds. */
const sliceUnits = 10_000
/** The most units of work of one check: a few seconds. */
const maxUnits = 50_000_000

/** Thrown when a check takes more work than allowed. */
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
   * @throws {TooMuchWork} If the check has used all of its work.
   */
  spend(units: number): boolean {
    this.#done += units
    if (this.#done > this.#limit) throw new TooMuchWork('The check takes too much work.')
    if (this.#done < this.#pauseAt) return false
    this.#pauseAt = this.#done + sliceUnits
    return true
  }
}
