import type { CacheBreak, CacheReport } from '../../contract/cache.ts'
import type { ModelRequest } from '../../contract/model.ts'
import type { ExactCost, Prices } from '../../contract/usage.ts'
import { findBreak, type ServedRequest } from '../cache-break.ts'

/** A request that was served. Counts that the provider did not report are `undefined`. */
export interface Reply extends Omit<ServedRequest, 'head' | 'inputTokens' | 'cachedTokens'> {
  readonly request: ModelRequest
  readonly inputTokens: number | undefined
  readonly cachedTokens: number | undefined
  readonly prices: Prices | undefined
}

/** Tokens times prices for a million of them, so that nothing is rounded before the end. */
interface Amount {
  readonly product: bigint
  readonly currency: string
}

const pricedTokens = 1_000_000n
const noBreaks: readonly CacheBreak[] = []

/** How well the provider's cache serves a run. It follows from reported usage and from what the run recorded, so a replay finds the same. */
export class CacheUse {
  #last: ServedRequest | undefined
  /** Edits of the history that were made before the last request. */
  #seenEdits = 0
  #inputTokens = 0
  #cachedTokens = 0
  #requests = 0
  #unknownRequests = 0
  #breaks: CacheBreak[] | undefined
  /** Of all breaks; `undefined` once the price of one is unknown or in another currency. */
  #amount: Amount | 'none' | undefined = 'none'

  /** Counts a request that was served. */
  add({ inputTokens, cachedTokens, prices, request, edits, ...facts }: Reply): void {
    const newEdits = edits.slice(this.#seenEdits)
    this.#seenEdits = edits.length
    if (inputTokens === undefined || cachedTokens === undefined) {
      this.#unknownRequests++
      this.#last = undefined
      return
    }
    // Without its messages, which would live as long as the run.
    const { messages: _, ...head } = request
    const served = { ...facts, head, edits: newEdits, inputTokens, cachedTokens: Math.min(cachedTokens, inputTokens) }
    const found = this.#last && findBreak(this.#last, served)
    this.#last = served
    this.#requests++
    this.#inputTokens += inputTokens
    this.#cachedTokens += served.cachedTokens
    const amount = rereadAmount(found?.rereadTokens ?? 0, prices)
    this.#amount = addAmounts(this.#amount, amount)
    if (found === undefined) return
    this.#breaks ??= []
    this.#breaks.push({ step: facts.step, ...found, cost: toCost(amount) })
  }

  /** The report; `undefined` when no request reported cached tokens. */
  get report(): CacheReport | undefined {
    if (this.#requests === 0) return undefined
    const breaks = this.#breaks ?? noBreaks
    return {
      hitRatio: this.#inputTokens === 0 ? 0 : this.#cachedTokens / this.#inputTokens,
      inputTokens: this.#inputTokens,
      cachedTokens: this.#cachedTokens,
      unknownRequests: this.#unknownRequests,
      breaks,
      rereadTokens: breaks.reduce((total, { rereadTokens }) => total + rereadTokens, 0),
      rereadCost: this.#amount === 'none' ? undefined : toCost(this.#amount),
    }
  }
}

/** What tokens cost more when the provider reads them again than from its cache. */
function rereadAmount(tokens: number, prices: Prices | undefined): Amount | undefined {
  if (prices === undefined) return undefined
  const { input, cachedInput = input, cacheWrite = input, currency } = prices
  return { product: BigInt(tokens) * BigInt(Math.max(0, cacheWrite - cachedInput)), currency }
}

function addAmounts(total: Amount | 'none' | undefined, amount: Amount | undefined): Amount | undefined {
  if (total === 'none' || total === undefined || amount === undefined) return total === 'none' ? amount : undefined
  return total.currency === amount.currency ? { ...amount, product: total.product + amount.product } : undefined
}

function toCost(amount: Amount | undefined): ExactCost | undefined {
  return amount && { currency: amount.currency, amountMicros: Number((amount.product + pricedTokens - 1n) / pricedTokens) }
}
