/** Loaded with the first use: it takes longer to load than all of this package. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

/** The first characters of the SHA-256 of a text, in hexadecimal. */
export function shortHash(text: string, length: number): string {
  return crypto().createHash('sha256').update(text).digest('hex').slice(0, length)
}

/** A random UUID. */
export function newId(): string {
  return crypto().randomUUID()
}
