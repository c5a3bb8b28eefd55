/**
 * Breaks running text into lines at word borders, as it streams in. A word is held back until its end is known.
 */
export class LineWrapper {
  readonly #width: number
  readonly #indent: string
  #column = 0
  #gap = ''
  #word = ''

  /**
   * @param width - Characters of a line; `Infinity` breaks nothing.
   * @param indent - Stands before each line but the first.
   */
  constructor(width: number, indent: string) {
    this.#width = width
    this.#indent = indent
  }

  /** Takes a piece of text and returns what can be written by now. */
  push(text: string): string {
    let written = ''
    for (const piece of text.split(/(\s+)/)) {
      if (piece === '') continue
      if (/\S/.test(piece)) this.#word += piece
      else {
        written += this.end()
        this.#gap += piece
      }
    }
    return written
  }

  /** Returns what was held back. */
  end(): string {
    if (this.#word === '') return ''
    const length = [...this.#word].length
    const lines = this.#gap.split('\n').length - 1
    const isFull = this.#column > 0 && this.#column + this.#gap.length + length > this.#width
    const gap = lines > 0 || isFull ? `${'\n'.repeat(Math.max(1, lines))}${this.#indent}` : this.#gap
    this.#column = (gap.includes('\n') ? this.#indent.length : this.#column + gap.length) + length
    const written = gap + this.#word
    this.#gap = ''
    this.#word = ''
    return written
  }
}

/** Breaks a whole text. */
export function wrapText(text: string, width: number, indent = ''): string {
  const wrapper = new LineWrapper(width, indent)
  return wrapper.push(text) + wrapper.end()
}
