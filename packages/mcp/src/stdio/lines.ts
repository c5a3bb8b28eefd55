const lineFeed = 10

/** Splits what a process writes into lines. Holds at most one line of `maxBytes`. */
export class Lines {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #size = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * @returns The lines that are complete now.
   * @throws {RangeError} For a line that is too long. Nothing can be read after it.
   */
  *push(chunk: Buffer): Generator<string> {
    let from = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      this.#keep(chunk.subarray(from, end))
      const line = Buffer.concat(this.#parts, this.#size).toString('utf8')
      this.#parts = []
      this.#size = 0
      from = end + 1
      yield line
    }
    this.#keep(chunk.subarray(from))
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return
    this.#size += part.length
    if (this.#size > this.#maxBytes) {
      this.#parts = []
      throw new RangeError(`a message of more than ${this.#maxBytes} bytes`)
    }
    this.#parts.push(part)
  }
}
