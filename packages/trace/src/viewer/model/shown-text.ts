/** A piece of a text: as it is, or a character that would not be seen, or would make other text look different. */
export interface TextPiece {
  readonly text: string
  /** True for the name of such a character, in place of it. */
  readonly isMark: boolean
}

/** Characters but line feed and tab that control a terminal, change the direction of others, separate lines, or are not seen; and halves of characters. */
export const misleading: RegExp = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

/** Splits a text so that every character of it can be seen for what it is: terminal escapes, hidden characters and changes of direction get names. */
export function showText(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = []
  let end = 0
  for (const { 0: character, index } of text.matchAll(misleading)) {
    if (index > end) pieces.push({ text: text.slice(end, index), isMark: false })
    end = index + character.length
    // A line feed follows: the usual end of a line.
    if (character === '\r' && text[end] === '\n') continue
    pieces.push({ text: nameOf(character), isMark: true })
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isMark: false })
  return pieces
}

/** One line for a list: what `showText` shows, cut after some characters. */
export function showLine(text: string, most: number): string {
  const line = text
    .slice(0, most * 2)
    .replace(/\s+/g, ' ')
    .trim()
  const shown = showText(line)
    .map((piece) => piece.text)
    .join('')
  return shown.length > most || text.length > most * 2 ? `${shown.slice(0, most)}…` : shown
}

/** The name of a character: `U+202E`. */
export function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Formats a text that is JSON with one member a line; returns any other text unchanged. */
export function formatJson(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? JSON.stringify(value, undefined, 2) : text
  } catch {
    return text
  }
}

/** Where two texts differ: the same beginning, what was there and what is there now, and the same end. */
export interface TextDifference {
  readonly start: string
  readonly before: string
  readonly after: string
  readonly end: string
}

/** Compares two texts from both ends, in time linear in their length. */
export function compareTexts(before: string, after: string): TextDifference {
  const length = Math.min(before.length, after.length)
  let start = 0
  while (start < length && before[start] === after[start]) start += 1
  let end = 0
  while (end < length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  return {
    start: before.slice(0, start),
    before: before.slice(start, before.length - end),
    after: after.slice(start, after.length - end),
    end: before.slice(before.length - end),
  }
}
