import { beginsMarkup, isTextTag } from './markers.ts'
import { Quoting } from './quoting.ts'

/**
 * Holds back markup of tool calls in a text that comes in pieces. Everything from the first unquoted marker on is held back until the
 * end of the text and read there, so that the result does not depend on where the pieces were cut.
 */
export class TextFilter {
  readonly #hasTextForm: boolean
  readonly #markup: string[] = []
  #held = ''
  /** Text that was shown and not yet passed to `Quoting`. Most texts contain no `<` and never need it. */
  #unread: string[] = []
  #quoting: Quoting | undefined

  /** @param hasTextForm - True where the model was told the text form of tools. */
  constructor(hasTextForm: boolean) {
    this.#hasTextForm = hasTextForm
  }

  /**
   * Takes a piece.
   *
   * @returns The text that can be shown now.
   */
  push(piece: string): string {
    if (this.#held === '' && this.#markup.length === 0 && !piece.includes('<')) {
      this.#unread.push(piece)
      return piece
    }
    return this.#pushMarked(piece)
  }

  /** Returns what was held back: text that proved not to be markup, and everything from the first marker on. */
  end(): { readonly text: string; readonly markup: string } {
    const text = this.#held
    this.#held = ''
    return { text, markup: this.#markup.join('') }
  }

  #pushMarked(piece: string): string {
    if (this.#markup.length > 0) {
      this.#markup.push(piece)
      return ''
    }
    const text = this.#held + piece
    this.#held = ''
    let from = 0
    for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at + 1)) {
      const begins = beginsMarkup(text.slice(at, at + 20), this.#hasTextForm)
      if (begins === 'no') continue
      this.#unread.push(text.slice(from, at))
      from = at
      const { isQuoted, isAtLineStart } = this.#noteMarker()
      if (isQuoted || (isTextTag(text.slice(at, at + 2)) && !isAtLineStart)) continue
      if (begins === 'yes') this.#markup.push(text.slice(at))
      else this.#held = text.slice(at)
      return text.slice(0, at)
    }
    this.#unread.push(text.slice(from))
    return text
  }

  #noteMarker(): ReturnType<Quoting['noteMarker']> {
    this.#quoting ??= new Quoting()
    for (const text of this.#unread) this.#quoting.follow(text)
    this.#unread = []
    return this.#quoting.noteMarker()
  }
}
