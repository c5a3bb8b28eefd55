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

/** Makes an empty list. */
export function createPartList(): PartList {
  let parts: { type: 'text' | 'reasoning'; fragments: string[] }[] = []
  const joined = (type: 'text' | 'reasoning'): string => parts.flatMap((part) => (part.type === type ? part.fragments : [])).join('')
  return {
    append: (type, text) => {
      const last = parts.at(-1)
      if (last?.type === type) last.fragments.push(text)
      else parts.push({ type, fragments: [text] })
    },
    all: () => parts.map(({ type, fragments }) => ({ type, text: fragments.join('') })),
    joined,
    hasText: () => joined('text').trim() !== '',
    replaceReasoning: (text) => {
      parts = [{ type: 'reasoning', fragments: [text] }, ...parts.filter(({ type }) => type !== 'reasoning')]
    },
  }
}
