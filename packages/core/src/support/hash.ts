/** Loaded at its first use, because loading it takes longer than loading this package. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

/** The first characters of the SHA-256 of a text, in hexadecimal. */
export function shortHash(text: string, length: number): string {
  return hashText(text, 'hex').slice(0, length)
}

/** The SHA-256 of a text. */
export function hashText(text: string, encoding: 'hex' | 'base64url'): string {
  return crypto().createHash('sha256').update(text).digest(encoding)
}

/** The HMAC-SHA256 of a text, in hexadecimal. */
export function signText(text: string, key: string | Uint8Array): string {
  return crypto().createHmac('sha256', key).update(text).digest('hex')
}

/** Compares two signatures in a time that does not depend on where they differ. */
export function isSameSignature(left: string, right: string): boolean {
  return left.length === right.length && crypto().timingSafeEqual(Buffer.from(left), Buffer.from(right))
}

/** A random UUID. A copy: Node joins it of twenty pieces, which take ten times its memory for as long as it is held. */
export function newId(): string {
  return Buffer.from(crypto().randomUUID(), 'latin1').toString('latin1')
}
