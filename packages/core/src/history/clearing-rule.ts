import type { Prices } from '../contract/usage.ts'

/** Where prices, or the price of cached tokens, are unknown. */
const unknownRatio = 10

/** How many times as much a token costs that the provider's cache does not have. */
export function priceRatio(prices: Prices | undefined): number {
  const { input, cachedInput, cacheWrite = input } = prices ?? {}
  if (cacheWrite === undefined || cachedInput === undefined) return unknownRatio
  // A cache that costs nothing is never worth breaking.
  return cachedInput === 0 ? Number.POSITIVE_INFINITY : Math.max(1, cacheWrite / cachedInput)
}

/** What the rule looks at, in tokens. */
export interface Clearing {
  /** What clearing saves in each further request. */
  readonly clearable: number
  /** What is read again without the cache: everything behind the first cleared result that stays. */
  readonly kept: number
  /** `clearable` of each request since the last edit, added up: what was read in vain. */
  readonly rent: number
  readonly priceRatio: number
  /** Requests that the run may still make. */
  readonly requestsLeft: number
}

/**
 * Whether to clear now, without a forecast of how long the run will be: when reading in vain has cost as much as clearing will. This is the
 * rule of ski rental, which costs at most about twice what is best in hindsight. https://en.wikipedia.org/wiki/Ski_rental_problem
 */
export function clearingPays({ clearable, kept, rent, priceRatio: ratio, requestsLeft }: Clearing): boolean {
  if (clearable <= 0) return false
  const price = kept <= 0 ? 0 : (ratio - 1) * kept
  return rent >= price && requestsLeft * clearable >= price
}
