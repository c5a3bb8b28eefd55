import { beginsMarkup } from './markers.ts'
import { createQuoting } from './quoting.ts'

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
  const quoting = createQuoting()
  const markup: string[] = []
  let held = ''
  return {
    push: (piece) => {
      if (markup.length > 0) {
        markup.push(piece)
        return ''
      }
      const text = held + piece
      held = ''
      let from = 0
      for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at + 1)) {
        const begins = beginsMarkup(text.slice(at, at + 20))
        if (begins === 'no') continue
        quoting.follow(text.slice(from, at))
        from = at
        if (quoting.isQuoted) continue
        if (begins === 'yes') markup.push(text.slice(at))
        else held = text.slice(at)
        return text.slice(0, at)
      }
      quoting.follow(text.slice(from))
      return text
    },
    end: () => {
      const text = held
      held = ''
      return { text, markup: markup.join('') }
    },
  }
}
