/**
 * Removes characters that are not shown: control characters, such as those that begin terminal escapes, and format characters, which can
 * reorder text or hide it from people. Line feeds, tabs and the joiners of some scripts stay.
 */
export function cleanText(text: string): string {
  return text.replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
}

/** Text of one line for a message to people, quoted. */
export function quote(text: string): string {
  const clean = cleanText(text).replace(/\s+/g, ' ')
  return JSON.stringify(clean.length > 100 ? `${clean.slice(0, 100)}…` : clean)
}
