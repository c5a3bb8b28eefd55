/** Bytes of exchanges that are open, of all runs together. */
const maxOpenBytes = 64 * 1024 * 1024

/** Bounds the memory that open exchanges take: their lines are written when they end. */
export class ByteBudget {
  readonly #maxBodyBytes: number
  #bytes = 0

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes
  }

  /** Takes bytes of a body that has some already. False when they are too many: they must not be kept. */
  take(bytes: number, before: number): boolean {
    if (before + bytes > this.#maxBodyBytes || this.#bytes + bytes > maxOpenBytes) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}
