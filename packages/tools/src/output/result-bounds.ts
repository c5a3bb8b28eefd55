/** Bounds of the text that is made of a result. */
export interface ResultBounds {
  /** The most bytes of UTF-8 of the text. */
  readonly maxBytes: number
  /** Plain JSON of about so many characters is written complete. */
  readonly maxPlainCharacters: number
  /** The most characters of one string, list or object inside any other value. */
  readonly maxItemCharacters: number
  /** The most characters that are written of any other value: its objects and lists are cut separately, and nested ones add up. */
  readonly maxWork: number
}

/** Bounds of a text that the model gets as it is. */
export function cutBounds(maxBytes: number): ResultBounds {
  return { maxBytes, maxPlainCharacters: 0, maxItemCharacters: maxBytes, maxWork: maxBytes * 40 }
}

/** Writing a value that is not plain JSON blocks the process, so less of it is kept. */
const maxOtherCharacters = 4 * 1024 * 1024

/** Bounds of a text that is kept complete. A UTF-16 unit takes at most three bytes of UTF-8. */
export function completeBounds(maxCharacters: number): ResultBounds {
  const maxOther = Math.min(maxCharacters, maxOtherCharacters)
  return { maxBytes: maxCharacters * 3, maxPlainCharacters: maxCharacters, maxItemCharacters: maxOther, maxWork: maxOther }
}
