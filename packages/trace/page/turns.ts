/** Work that takes longer gives the page a turn to draw and to answer keys. */
const turnMs = 40

/** Splits long work, so that the page can be used meanwhile. */
export class Turns {
  #since = performance.now()
  // A message comes at once, where a browser holds each timer back for some milliseconds.
  readonly #channel = new MessageChannel()

  /** Waits for the page, if the work has taken long since it did so last. */
  async give(): Promise<void> {
    if (performance.now() - this.#since < turnMs) return
    await new Promise((resolve) => {
      this.#channel.port1.onmessage = resolve
      this.#channel.port2.postMessage(undefined)
    })
    this.#since = performance.now()
  }
}
