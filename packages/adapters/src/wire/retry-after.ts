const minuteMs = 60_000

/** The parts of a response that can say when to try again. */
export interface RetryHints {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The provider's message: Moonshot puts the delay there. */
  readonly message: string
  /** Current time, in milliseconds since the Unix epoch: the base of an HTTP date when there is no `Date` header. */
  readonly now: number
}

/**
 * Reads how long a server asks to wait: `retry-after-ms`, else the longer of `Retry-After` and what the message says.
 *
 * @returns Milliseconds, never negative; `undefined` when nothing usable is said.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs({ headers, message, now }: RetryHints): number | undefined {
  const exact = headers['retry-after-ms']
  if (exact !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(exact)) return Math.ceil(Number(exact))
  const fromHeader = parseRetryAfter(headers['retry-after'], Date.parse(headers['date'] ?? '') || now)
  const fromMessage = parseMessage(message)
  if (fromHeader === undefined || fromMessage === undefined) return fromHeader ?? fromMessage
  return Math.max(fromHeader, fromMessage)
}

/**
 * Reads a `Retry-After` header: a delay in whole seconds, or an HTTP date.
 *
 * @param now - The time the date is compared with, in milliseconds since the Unix epoch.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000
  // Anything without letters is a number that is not a delay, such as -5; `Date.parse` would read it as a year.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** "please try again after 3 seconds" (Moonshot), "try again in 1.5s", "in 2 minutes". */
function parseMessage(message: string): number | undefined {
  const match = /try again (?:after|in) (\d{1,9}(?:\.\d{1,6})?) ?(ms|milliseconds?|s|seconds?|m|minutes?)\b/i.exec(message)
  if (match === null) return undefined
  const [, amount = '', unit = ''] = match
  const scale = /^(?:ms|milli)/i.test(unit) ? 1 : /^s/i.test(unit) ? 1000 : minuteMs
  return Math.ceil(Number(amount) * scale)
}
