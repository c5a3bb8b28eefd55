/** Where reasoning came from that stood in the text between `<think>` and `</think>`: it goes back there. */
export const thinkField = '<think>'

const open = '<think>'
const close = '</think>'

/** Pieces of a text, told apart. */
export interface SplitText {
  readonly reasoning: string
  readonly text: string
}

/** Takes reasoning out of the head of a text that comes in pieces. */
export interface ThinkSplitter {
  push(piece: string): SplitText
  /** What was held back, as it might have become a tag. */
  end(): SplitText
}

/** Makes a splitter. Tags are looked for at the very beginning alone: later ones are talked about. */
export function createThinkSplitter(): ThinkSplitter {
  let state: 'before' | 'inside' | 'after' = 'before'
  let held = ''
  const inside = (text: string): SplitText => {
    const at = text.indexOf(close)
    if (at !== -1) {
      state = 'after'
      held = ''
      return { reasoning: text.slice(0, at), text: text.slice(at + close.length) }
    }
    held = text.slice(text.length - heldLength(text, close))
    return { reasoning: text.slice(0, text.length - held.length), text: '' }
  }
  return {
    push: (piece) => {
      if (state === 'after') return { reasoning: '', text: piece }
      const text = held + piece
      if (state === 'inside') return inside(text)
      const head = text.trimStart()
      if (head.startsWith(open)) {
        state = 'inside'
        return inside(head.slice(open.length))
      }
      if (open.startsWith(head)) {
        held = text
        return { reasoning: '', text: '' }
      }
      state = 'after'
      held = ''
      return { reasoning: '', text }
    },
    end: () => {
      const rest = held
      held = ''
      return state === 'inside' ? { reasoning: rest, text: '' } : { reasoning: '', text: rest }
    },
  }
}

/** The length of the longest end of a text that begins a tag. */
function heldLength(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) if (text.endsWith(tag.slice(0, length))) return length
  return 0
}
