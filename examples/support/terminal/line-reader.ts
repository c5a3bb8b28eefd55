import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** Reads the answers of a person from stdin: typed, or from a pipe with one on each line. */
export class LineReader {
  readonly #lines: string[] = []
  readonly #reader = createInterface({ input: process.stdin })
  #isOpen = true

  constructor() {
    this.#reader.on('line', (line) => this.#lines.push(line))
    this.#reader.on('close', () => {
      this.#isOpen = false
    })
  }

  /** Returns the next line, or `undefined` at the end of the input. What was typed before does not count: the question was not shown then. */
  async next(): Promise<string | undefined> {
    if (process.stdin.isTTY) this.#lines.length = 0
    while (this.#isOpen && this.#lines.length === 0) await Promise.race([once(this.#reader, 'line'), once(this.#reader, 'close')])
    return this.#lines.shift()
  }

  close(): void {
    this.#reader.close()
  }
}
