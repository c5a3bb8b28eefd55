const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(?:sk|ak)-[A-Za-z0-9_-]{6,}/g, '[redacted]'],
  [/\bBearer\s+[^\s"',;<>\\]{6,}/gi, 'Bearer [redacted]'],
  // User and password of a URL.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]{1,200}@/gi, '$1[redacted]@'],
]
/** A part of each pattern. Most texts are ids and single words, which contain none of these. */
const clue = /k-|:\/\/|bearer/i
const minSecretLength = 4
/** Encoded forms of shorter secrets may be ordinary words. */
const minEncodedLength = 8
/** By the list of secrets, which lives as long as the headers of a request. */
const matchers = new WeakMap<readonly string[], RegExp | null>()

/**
 * Removes secrets from a text that comes from outside: the given ones, in any letter case, percent-encoded, as base64 or as hexadecimal
 * digits; and whatever looks like a key.
 *
 * @param secrets - Values that must not appear; those under 4 characters are ignored.
 */
export function redact(text: string, secrets: readonly string[]): string {
  // No form of a secret is shorter than the secret, but for the edges of base64.
  const isLongEnough = secrets.some((secret) => secret.length >= minSecretLength && secret.length <= text.length + 2)
  const matcher = isLongEnough ? matcherOf(secrets) : null
  let clean = matcher === null ? text : text.replace(matcher, '[redacted]')
  if (!clue.test(clean)) return clean
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
  return clean
}

/** Secrets that a text of any size may be searched for: shorter ones may be ordinary words. */
const minDistinctLength = 8
/** The newest redactors. One for each list of secrets, however often a key is read from the environment: each has an expression to compile. */
const redactors: { readonly secrets: readonly string[]; readonly redact: (text: string) => string }[] = []
const maxRedactors = 16

/** Makes a function that removes only the given secrets from a text, in all their forms. Those under 8 characters are left. */
export function redactorOf(given: readonly string[]): (text: string) => string {
  const secrets = given.filter(({ length }) => length >= minDistinctLength)
  const known = redactors.find((one) => one.secrets.length === secrets.length && one.secrets.every((secret, index) => secret === secrets[index]))
  if (known !== undefined) return known.redact
  const matcher = matcherOf(secrets)
  // Nearly no text has one. A test makes no copy of it, and without `g` it keeps no position.
  const first = matcher === null ? null : new RegExp(matcher.source, 'i')
  const redact = (text: string): string => (matcher !== null && first?.test(text) === true ? text.replace(matcher, '[redacted]') : text)
  redactors.unshift({ secrets, redact })
  redactors.length = Math.min(redactors.length, maxRedactors)
  return redact
}

function matcherOf(secrets: readonly string[]): RegExp | null {
  let matcher = matchers.get(secrets)
  if (matcher === undefined) {
    const forms = [...new Set(secrets.filter(({ length }) => length >= minSecretLength).flatMap(formsOf))].sort((left, right) => right.length - left.length)
    matcher = forms.length === 0 ? null : new RegExp(forms.map((form) => form.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), 'gi')
    matchers.set(secrets, matcher)
  }
  return matcher
}

function formsOf(secret: string): readonly string[] {
  if (secret.length < minEncodedLength) return [secret]
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map((offset) => base64Of(bytes, offset))
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), bytes.toString('hex'), ...base64, ...url]
}

/** The digits that only depend on the secret, where it begins `offset` bytes after a multiple of three. */
function base64Of(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const isCut = (bytes.length + offset) % 3 !== 0
  return text.slice(offset === 0 ? 0 : offset + 1, isCut ? -1 : undefined)
}

/** Shortens a text to `maxLength` characters, with a mark where something is missing. */
export function cap(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}… (${text.length - maxLength} more characters)`
}
