import { createHash } from 'node:crypto'
import { redactURL } from './redact-url.ts'

/** A request as `exchangeKey` reads it. */
export interface KeyedRequest {
  readonly method: string
  /** Absolute. Credentials in its query do not count, whether they are redacted or not. */
  readonly url: string
  readonly body: string | Uint8Array
}

/**
 * Makes the key that finds an exchange on a tape: SHA-256, in hexadecimal, of method, path with query, and body. The host does not count, so a
 * tape can be played for another base URL.
 */
export function exchangeKey({ method, url, body }: KeyedRequest): string {
  const { pathname, search } = new URL(redactURL(url))
  return createHash('sha256').update(`${method} ${pathname}${search}\n`).update(body).digest('hex')
}
