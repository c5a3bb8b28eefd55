import { describeCharacter, eachCharacter } from './characters.ts'
import { type ShownText, say } from './shown-text.ts'

/** The most terminal columns that a text takes. */
export function widthOf(text: string): number {
  let width = 0
  eachCharacter(text, (codePoint) => {
    width += describeCharacter(codePoint).width
  })
  return width
}

/** Breaks streamed text into lines between words. A word is held back until its end is known, and is never broken. */
export class LineWrapper {
  readonly #width: number
  readonly #indent: string
  #column = 0
  #gap = ''
  #word = ''

  /**
   * @param width - Columns of a line; `Infinity` for no limit.
   * @param indent - Precedes each line except the first.
   */
  constructor(width: number, indent: string) {
    this.#width = width
    this.#indent = indent
  }

  /** Takes a piece of text and returns what can be written already. */
  push(text: ShownText): ShownText {
    return text.change((piece) => this.#push(piece))
  }

  /** Returns what was held back, followed by `text`. */
  end(text: ShownText): ShownText {
    return text.change((last) => this.#push(last) + this.#endWord())
  }

  #push(text: string): string {
    let written = ''
    for (const piece of text.split(/(\s+)/)) {
      if (piece === '') continue
      if (/\S/.test(piece)) this.#word += piece
      else {
        written += this.#endWord()
        this.#gap += piece
      }
    }
    return written
  }

  #endWord(): string {
    if (this.#word === '') return ''
    const width = widthOf(this.#word)
    const lines = this.#gap.split('\n').length - 1
    const isFull = this.#column > 0 && this.#column + this.#gap.length + width > this.#width
    const gap = lines > 0 || isFull ? `${'\n'.repeat(Math.max(1, lines))}${this.#indent}` : this.#gap
    this.#column = (gap.includes('\n') ? this.#indent.length : this.#column + gap.length) + width
    const written = gap + this.#word
    this.#gap = ''
    this.#word = ''
    return written
  }
}

/** Breaks a complete text. */
export function wrapText(text: ShownText, width: number, indent = ''): ShownText {
  return new LineWrapper(width, indent).end(text)
}

/** Fits a text on one line of at most `columns`. If it is cut, the line says how much is missing and which option shows it. */
export function fitLine(text: ShownText, columns: number): ShownText {
  if (columns === Number.POSITIVE_INFINITY || widthOf(text.toString()) < columns) return text
  const characters = [...text.toString()]
  const room = Math.max(8, columns - 32)
  let [kept, column] = [0, 0]
  while (column < room) column += widthOf(characters[kept++] ?? ' ')
  return say`${text.change(() => characters.slice(0, kept).join(''))}… (${(characters.length - kept).toLocaleString('en-US')} more; --full)`
}
