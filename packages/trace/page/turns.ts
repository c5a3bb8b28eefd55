/** Work that takes longer gives the page a turn to draw and to answer keys. */
const turnMs = 40

/** Splits long work, so that the page can be used while it goes on. */
export class Turns {
  #since = performance.now()

  /** Waits for the page, if the work has taken long since it did so last. */
  async give(): Promise<void> {
    if (performance.now() - this.#since < turnMs) return
    await new Promise((resolve) => setTimeout(resolve))
    this.#since = performance.now()
  }
}
