/** Lets changes happen one after the other, in the order in which they were asked for: calls of one step run at the same time. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  /** Waits for the changes before and makes this one, unless the signal aborted meanwhile. */
  async take<Result>(signal: AbortSignal, change: () => Promise<Result>): Promise<Result> {
    const before = this.#last
    const result = (async () => {
      await before
      signal.throwIfAborted()
      return await change()
    })()
    this.#last = result.catch(() => undefined)
    return await result
  }
}
