import { ShownText } from './shown-text.ts'

/** Matches the part of a text that can be cleaned separately: up to a space or an East Asian character, unless the next character belongs to it. */
const border = /^[\s\S]*[ \n\t\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}，。、！？：；](?=[^\p{M}\p{Cf}\p{Zs}])/u
/** The most text that is held back, in UTF-16 code units. */
const maxHeld = 256

/** Cleans text that arrives in pieces. A word is held back until its end is known, so that it is cleaned as in the complete text. */
export class ProseStream {
  #held = ''

  push(piece: string): ShownText {
    this.#held += piece
    const cut = border.exec(this.#held)?.[0].length ?? (this.#held.length > maxHeld ? forcedCut(this.#held) : 0)
    const ready = this.#held.slice(0, cut)
    this.#held = this.#held.slice(cut)
    return ShownText.prose(ready)
  }

  /** Returns what was held back. */
  end(): ShownText {
    const rest = this.#held
    this.#held = ''
    return ShownText.prose(rest)
  }
}

/** Cuts before the last character, which may be half of a surrogate pair or of a line break. */
function forcedCut(text: string): number {
  return [...text.slice(-2)].length === 1 ? text.length - 2 : text.length - 1
}
