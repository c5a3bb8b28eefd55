import { createHmac, timingSafeEqual } from 'node:crypto'

/** What Slack sends with each request, and the bytes of its body as they came. */
export interface SignedRequest {
  /** `X-Slack-Request-Timestamp`, in seconds since the Unix epoch. */
  readonly timestamp: string | undefined
  /** `X-Slack-Signature`: `v0=` and an HMAC-SHA256 in hexadecimal. */
  readonly signature: string | undefined
  readonly body: Buffer
}

const toleranceMs = 300_000

/**
 * True for a request that was signed with the secret of the app less than five minutes ago, by both clocks: a time in the future could be
 * replayed for longer.
 *
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function isFromSlack({ timestamp = '', signature = '', body }: SignedRequest, secret: string, now: number = Date.now()): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1_000) > toleranceMs) return false
  const expected = Buffer.from(sign(secret, timestamp, body))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** The signature of a body at a time. */
export function sign(secret: string, timestamp: string, body: Buffer | string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`
}
