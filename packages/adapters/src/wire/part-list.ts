interface FragmentedPart {
  readonly type: 'text' | 'reasoning'
  readonly fragments: string[]
}

/** Text and reasoning in the order in which they came. Fragments are joined once, at the end. */
export class PartList {
  #parts: FragmentedPart[] = []
  #last: FragmentedPart | undefined

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

  /** True when there is text that is not blank. */
  hasText(): boolean {
    return this.joined('text').trim() !== ''
  }

  /** Replaces all reasoning by one part at the beginning. */
  replaceReasoning(text: string): void {
    this.#parts = [{ type: 'reasoning', fragments: [text] }, ...this.#parts.filter(({ type }) => type !== 'reasoning')]
    this.#last = this.#parts.at(-1)
  }
}
