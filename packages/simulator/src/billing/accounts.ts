import type { Bill, ServedRequest, SimulatedPrices } from './prices.ts'

/** Micro-units and the tokens that a price is for: amounts are kept as their product, so that nothing is rounded before the end. */
const PRICED_TOKENS = 1_000_000n

interface Account extends Omit<Bill, 'amountMicros'> {
  /** Tokens times prices; `undefined` without prices. */
  readonly product: bigint | undefined
}

const empty: Account = { requests: 0, inputTokens: 0, cachedTokens: 0, outputTokens: 0, product: 0n }

/** Adds up what the requests to each model cost. */
export class Accounts {
  readonly #prices: Readonly<Record<string, SimulatedPrices>>
  readonly #accounts = new Map<string, Account>()

  /** @param prices - By model. */
  constructor(prices: Readonly<Record<string, SimulatedPrices>>) {
    this.#prices = prices
  }

  /** Charges a request and returns its own bill. */
  charge(served: ServedRequest): Bill {
    const { model, inputTokens, cachedTokens, outputTokens } = served
    const account = { requests: 1, inputTokens, cachedTokens, outputTokens, product: productOf(served, this.#prices[model]) }
    this.#accounts.set(model, add(this.#accounts.get(model) ?? empty, account))
    return toBill(account)
  }

  /** The requests to one model, or to all. */
  bill(model: string | undefined): Bill {
    const accounts = model === undefined ? [...this.#accounts.values()] : [this.#accounts.get(model) ?? empty]
    return toBill(accounts.reduce(add, empty))
  }
}

function productOf({ inputTokens, cachedTokens, outputTokens, ttl }: ServedRequest, prices: SimulatedPrices | undefined): bigint | undefined {
  if (prices === undefined) return undefined
  const { input, output, cachedInput = input, cacheWrite = input } = prices
  const write = typeof cacheWrite === 'number' ? cacheWrite : (cacheWrite[ttl] ?? input)
  return BigInt(inputTokens - cachedTokens) * BigInt(write) + BigInt(cachedTokens) * BigInt(cachedInput) + BigInt(outputTokens) * BigInt(output)
}

function add(left: Account, right: Account): Account {
  return {
    requests: left.requests + right.requests,
    inputTokens: left.inputTokens + right.inputTokens,
    cachedTokens: left.cachedTokens + right.cachedTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    product: left.product === undefined || right.product === undefined ? undefined : left.product + right.product,
  }
}

function toBill({ product, ...counts }: Account): Bill {
  return { ...counts, amountMicros: product === undefined ? undefined : Number((product + PRICED_TOKENS - 1n) / PRICED_TOKENS) }
}
