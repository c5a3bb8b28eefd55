/** How much fits into one message of a platform. */
export interface Room {
  /** The most that a message holds, as `size` counts it. */
  readonly limit: number
  /** Default: UTF-16 units, as `length`. */
  readonly size?: (text: string) => number
  /** True where a message is a single line. Default: false. */
  readonly isOneLine?: boolean
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The size of a text in UTF-8. */
export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text)
}

/**
 * Splits a text into messages: between lines, else between words, else between characters as people see them. A character that is larger
 * than a message is split between its code points.
 */
export function splitText(text: string, { limit, size = (part) => part.length, isOneLine = false }: Room): readonly string[] {
  // Text that is not well formed would become other bytes on the wire than those that were counted.
  const lines = text.toWellFormed().split(/\r\n|[\r\n\u2028\u2029]/)
  const packed = isOneLine ? lines.flatMap((line) => pack([line], limit, size)) : pack(withBreaks(lines), limit, size)
  return packed.map((part) => part.trimEnd()).filter((part) => part.trim() !== '')
}

function withBreaks(lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line}\n`))
}

/** Puts pieces together up to the limit, and breaks those that do not fit. */
function pack(pieces: readonly string[], limit: number, size: (text: string) => number): readonly string[] {
  const parts: string[] = []
  let part = ''
  for (const piece of pieces.flatMap((whole) => fitting(whole, limit, size))) {
    if (part !== '' && size(part + piece.trimEnd()) > limit) {
      parts.push(part)
      part = piece.trimStart()
    } else part += piece
  }
  return [...parts, part]
}

function fitting(piece: string, limit: number, size: (text: string) => number): readonly string[] {
  const fits = (text: string): boolean => size(text.trimEnd()) <= limit
  if (fits(piece)) return [piece]
  const words = piece.match(/\s*\S+\s*/g) ?? [piece]
  return words.flatMap((word) => {
    if (fits(word)) return [word]
    const characters = Array.from(graphemes.segment(word), ({ segment }) => segment)
    return characters.flatMap((character) => (fits(character) ? [character] : [...character]))
  })
}
