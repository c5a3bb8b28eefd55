import { beginsMarkup } from './markers.ts'
import { createQuoting, type Quoting } from './quoting.ts'

/** Holds back markup of tool calls in a text that comes in pieces, cut anywhere. */
export interface TextFilter {
  /**
   * Takes a piece.
   *
   * @returns What may be shown by now.
   */
  push(piece: string): string
  /** What was held back: text that turned out to be none, and what came from the first marker on. */
  end(): { readonly text: string; readonly markup: string }
}

/**
 * Makes a filter. From the first marker that is not quoted everything is held back until the end, where it is clear what it was:
 * so the result does not depend on where the pieces were cut.
 */
export function createTextFilter(): TextFilter {
  return new MarkupFilter()
}

class MarkupFilter implements TextFilter {
  readonly #markup: string[] = []
  #held = ''
  /** Text that was shown and not followed yet: most texts have no `<`, and need not be. */
  #unread: string[] = []
  #quoting: Quoting | undefined

  push(piece: string): string {
    if (this.#held === '' && this.#markup.length === 0 && !piece.includes('<')) {
      this.#unread.push(piece)
      return piece
    }
    return this.#pushMarked(piece)
  }

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
      const begins = beginsMarkup(text.slice(at, at + 20))
      if (begins === 'no') continue
      this.#unread.push(text.slice(from, at))
      from = at
      if (this.#isQuoted()) continue
      if (begins === 'yes') this.#markup.push(text.slice(at))
      else this.#held = text.slice(at)
      return text.slice(0, at)
    }
    this.#unread.push(text.slice(from))
    return text
  }

  #isQuoted(): boolean {
    this.#quoting ??= createQuoting()
    for (const text of this.#unread) this.#quoting.follow(text)
    this.#unread = []
    return this.#quoting.isQuoted
  }
}
