/** The field of reasoning that stood in the text between `<think>` and `</think>`: it goes back there. */
export const thinkField = '<think>'

const openTag = '<think>'
const closeTag = '</think>'

/** A piece of text, split into reasoning and text. */
export interface SplitText {
  readonly reasoning: string
  readonly text: string
}

/**
 * Separates reasoning from a text that comes in pieces. Tags are looked for only at the very beginning: later ones are part of the
 * text.
 */
export class ThinkSplitter {
  #state: 'before' | 'inside' | 'after' = 'before'
  #held = ''

  push(piece: string): SplitText {
    if (this.#state === 'after') return { reasoning: '', text: piece }
    const text = this.#held + piece
    if (this.#state === 'inside') return this.#pushInside(text)
    const head = text.trimStart()
    if (head.startsWith(openTag)) {
      this.#state = 'inside'
      return this.#pushInside(head.slice(openTag.length))
    }
    if (openTag.startsWith(head)) {
      this.#held = text
      return { reasoning: '', text: '' }
    }
    this.#state = 'after'
    this.#held = ''
    return { reasoning: '', text }
  }

  /** What was held back because it might have become a tag. */
  end(): SplitText {
    const rest = this.#held
    this.#held = ''
    return this.#state === 'inside' ? { reasoning: rest, text: '' } : { reasoning: '', text: rest }
  }

  #pushInside(text: string): SplitText {
    const at = text.indexOf(closeTag)
    if (at !== -1) {
      this.#state = 'after'
      this.#held = ''
      return { reasoning: text.slice(0, at), text: text.slice(at + closeTag.length) }
    }
    this.#held = text.slice(text.length - heldLength(text, closeTag))
    return { reasoning: text.slice(0, text.length - this.#held.length), text: '' }
  }
}

/** The length of the longest end of a text that begins a tag. */
function heldLength(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) if (text.endsWith(tag.slice(0, length))) return length
  return 0
}
