import type { Prices } from 'capstan'
import { maxOutputTokens } from './invoice.ts'

/** Instructions, tools and the schema of one request. */
const overheadTokens = 500
/** An invoice as JSON. Models that think need more. */
const answerTokens = 250

/** Tokens and money, in millionths of the currency. */
export interface Estimate {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly micros: number
}

/** What one document will probably need: one request, and one answer. A token is about three characters, or one and a half bytes beyond ASCII. */
export function estimate(text: string, prices: Prices | undefined): Estimate {
  const inputTokens = overheadTokens + Math.ceil(text.length / 3 + (text.match(/[^\p{ASCII}]/gu)?.length ?? 0) / 3)
  return { inputTokens, outputTokens: answerTokens, micros: microsFor(prices, inputTokens, answerTokens) }
}

/** What the run of one document may spend: three requests with the longest reply. A run is limited to it, in millionths; `Infinity` without prices. */
export function limitOf(text: string, prices: Prices | undefined): number {
  if (prices === undefined) return Number.POSITIVE_INFINITY
  return Math.max(1, 3 * microsFor(prices, estimate(text, prices).inputTokens, maxOutputTokens))
}

/** What the budget holds back for the document: the limit counts the input of a request before it is sent, and its reply only afterwards. */
export function worstCaseOf(limitMicros: number, prices: Prices | undefined): number {
  return limitMicros + microsFor(prices, 0, maxOutputTokens)
}

/** An amount for people: `0.0248 USD`. */
export function money(micros: number, prices: Prices | undefined): string {
  return prices === undefined ? 'cost unknown' : `${(micros / 1_000_000).toFixed(4)} ${prices.currency}`
}

function microsFor(prices: Prices | undefined, inputTokens: number, outputTokens: number): number {
  if (prices === undefined) return 0
  const input = Math.max(prices.input, prices.cacheWrite ?? 0)
  return Math.ceil((inputTokens * input + outputTokens * prices.output) / 1_000_000)
}
