import { hash } from 'node:crypto'
import type { ExchangeLine } from './lines.ts'
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
  const shown = redactURL(url)
  // What is left has no user, and its path begins with the first slash behind the host.
  const path = shown.slice(shown.indexOf('/', shown.indexOf('://') + 3))
  const head = `${method} ${path}\n`
  return hash('sha256', typeof body === 'string' ? head + body : Buffer.concat([Buffer.from(head), body]))
}

/** The key of a recorded exchange. */
export function keyOfExchange({ key, request }: Pick<ExchangeLine, 'key' | 'request'>): string {
  if (key !== undefined) return key
  const { method, url, body, bodyEncoding } = request
  return exchangeKey({ method, url, body: bodyEncoding === 'base64' ? Buffer.from(body, 'base64') : body })
}
