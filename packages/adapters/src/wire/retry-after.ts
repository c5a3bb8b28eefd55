const secondMs = 1_000
const minuteMs = 60_000
const hourMs = 3_600_000

/** The parts of a response that can say when to try again. */
export interface RetryHints {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The provider's message: Moonshot, Azure, OpenAI and Gemini put the delay there. */
  readonly message: string
  /** Current time, in milliseconds since the Unix epoch: the base of an HTTP date when there is no `Date` header. */
  readonly now: number
}

/**
 * Reads how long a server asks to wait: `retry-after-ms`, else the longer of `Retry-After` and what the message says.
 *
 * @returns Milliseconds, never negative; `undefined` when there is no usable value.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs({ headers, message, now }: RetryHints): number | undefined {
  const exact = headers['retry-after-ms']?.trim()
  if (exact !== undefined && /^\d+(?:\.\d+)?$/.test(exact)) return wholeMs(Number(exact))
  const fromHeader = parseRetryAfter(headers['retry-after'], Date.parse(headers['date'] ?? '') || now)
  const fromMessage = parseMessage(message)
  if (fromHeader === undefined || fromMessage === undefined) return fromHeader ?? fromMessage
  return Math.max(fromHeader, fromMessage)
}

/**
 * Reads a `Retry-After` header: a delay in seconds, or an HTTP date. The standard allows only whole seconds; some servers send fractions.
 *
 * @param now - The time the date is compared with, in milliseconds since the Unix epoch.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  // A header that was sent more than once is joined with commas: the longest delay counts.
  const delays = text.split(/\s*,\s*/)
  if (delays.every((seconds) => /^\d+(?:\.\d+)?s?$/.test(seconds))) return wholeMs(Math.max(...delays.map(Number.parseFloat)) * secondMs)
  // Anything without letters is a number that is not a delay, such as -5; `Date.parse` would read it as a year.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Whole milliseconds, in a range that stays a number in JSON. */
function wholeMs(ms: number): number {
  return Math.min(Math.ceil(ms), Number.MAX_SAFE_INTEGER)
}

const number = '\\d{1,9}(?:\\.\\d{1,9})?'
const unit = 'milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h'
/**
 * "please try again after 3 seconds" (Moonshot), "Please retry after 1 seconds." (Azure), "try again in 6m0s", "in 1.5s" and "in 20ms"
 * (OpenAI, Groq), "Please retry in 34.07s." (Gemini), "wait 2 minutes before trying again", `"retryDelay": "34s"`.
 */
const delay = new RegExp(
  `(?:(?:try again|retry)(?: after| in)?|retry[ -_]?(?:after|delay)"?:? ?"?|wait(?: for)?) ?((?:${number} ?(?:${unit})(?![a-z]) ?){1,3})`,
  'i',
)
const part = new RegExp(`(${number}) ?(${unit})`, 'gi')

function parseMessage(message: string): number | undefined {
  const [, text] = delay.exec(message) ?? []
  if (text === undefined) return undefined
  let ms = 0
  for (const [, amount, name = ''] of text.matchAll(part)) ms += Number(amount) * scaleOf(name.toLowerCase())
  return Math.ceil(ms)
}

function scaleOf(name: string): number {
  if (name.startsWith('ms') || name.startsWith('milli')) return 1
  if (name.startsWith('s')) return secondMs
  return name.startsWith('m') ? minuteMs : hourMs
}
