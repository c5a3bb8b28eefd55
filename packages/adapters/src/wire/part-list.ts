/** Text and reasoning in the order in which they came. Fragments are joined once, at the end. */
export interface PartList {
  append(type: 'text' | 'reasoning', text: string): void
  all(): readonly { readonly type: 'text' | 'reasoning'; readonly text: string }[]
  joined(type: 'text' | 'reasoning'): string
  /** True when there is text that is not blank. */
  hasText(): boolean
  /** Puts one reasoning in the place of all. */
  replaceReasoning(text: string): void
}

interface OpenPart {
  readonly type: 'text' | 'reasoning'
  readonly fragments: string[]
}

/** Makes an empty list. */
export function createPartList(): PartList {
  return new FragmentList()
}

class FragmentList implements PartList {
  #parts: OpenPart[] = []
  #last: OpenPart | undefined

  append(type: 'text' | 'reasoning', text: string): void {
    if (this.#last?.type === type) {
      this.#last.fragments.push(text)
      return
    }
    this.#last = { type, fragments: [text] }
    this.#parts.push(this.#last)
  }

  all(): readonly { readonly type: 'text' | 'reasoning'; readonly text: string }[] {
    return this.#parts.map(({ type, fragments }) => ({ type, text: fragments.join('') }))
  }

  joined(type: 'text' | 'reasoning'): string {
    return this.#parts.flatMap((part) => (part.type === type ? part.fragments : [])).join('')
  }

  hasText(): boolean {
    return this.joined('text').trim() !== ''
  }

  replaceReasoning(text: string): void {
    this.#parts = [{ type: 'reasoning', fragments: [text] }, ...this.#parts.filter(({ type }) => type !== 'reasoning')]
    this.#last = this.#parts.at(-1)
  }
}
