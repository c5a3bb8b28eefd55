/** What kinds of work the special rules know. */
export type WishKind = 'calculate' | 'date-difference' | 'date-add' | 'weekday' | 'convert-time' | 'list-files' | 'read-file' | 'search-files'

/** Something the user's words ask for, before a tool is chosen. */
export interface Wish {
  readonly kind: WishKind
  /** Values by role. `{number}` and `{date}` stand for an earlier result. */
  readonly values: Readonly<Record<string, string | number>>
  /** The user's words for it. */
  readonly phrase: string
  /** Where it stands in the clause. */
  readonly start: number
  readonly end: number
}

/** The kind of earlier result that a wish waits for. */
export function neededBy(wish: Wish): 'number' | 'date' | undefined {
  const texts = Object.values(wish.values).filter((value) => typeof value === 'string')
  if (texts.some((text) => text.includes('{number}'))) return 'number'
  return texts.some((text) => text.includes('{date}')) ? 'date' : undefined
}

/** Overwrites a stretch of text with spaces, so that nothing is found in it again and positions stay. */
export function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + ' '.repeat(Math.max(0, end - start)) + text.slice(end)
}
