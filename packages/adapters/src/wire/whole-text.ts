/** The first half of a character whose second half has not come yet. */
export interface Half {
  half: string
}

/**
 * A piece of text with complete characters: servers cut between the two UTF-16 units of one. A first half at the end waits for the
 * next piece; a half without its other one becomes U+FFFD.
 */
export function takeWhole(waiting: Half, piece: string): string {
  if (waiting.half === '' && piece.isWellFormed()) return piece
  const text = waiting.half + piece
  const last = text.charCodeAt(text.length - 1)
  const isHalf = last >= 0xd800 && last <= 0xdbff
  waiting.half = isHalf ? text.slice(-1) : ''
  return (isHalf ? text.slice(0, -1) : text).toWellFormed()
}

/** What is left at the end of the text. */
export function endWhole(waiting: Half): string {
  const rest = waiting.half
  waiting.half = ''
  return rest.toWellFormed()
}
