const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(?:sk|ak)-[A-Za-z0-9_-]{6,}/g, '[redacted]'],
  [/\bBearer\s+[^\s"',;<>\\]{6,}/gi, 'Bearer [redacted]'],
  // User and password of a URL.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]{1,200}@/gi, '$1[redacted]@'],
]
/** Something of each pattern: most texts that are looked at are ids and single words, and hold none of it. */
const clue = /k-|:\/\/|bearer/i
const minSecretLength = 4

/**
 * Takes secrets out of a text that comes from outside: the given ones wherever they stand, and what looks like a key.
 *
 * @param secrets - Values that must not appear; those under 4 characters are ignored.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  for (const secret of secrets) {
    // Encoded, it is at least as long.
    if (secret.length < minSecretLength || secret.length > clean.length) continue
    clean = clean.replaceAll(secret, '[redacted]')
    if (!clean.includes('%')) continue
    const encoded = encodeURIComponent(secret)
    if (encoded !== secret) clean = clean.replaceAll(encoded, '[redacted]')
  }
  if (!clue.test(clean)) return clean
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
  return clean
}

/** Shortens a text to `maxLength` characters, with a mark where something is missing. */
export function cap(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}… (${text.length - maxLength} more characters)`
}
