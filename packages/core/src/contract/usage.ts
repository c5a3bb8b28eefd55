/**
 * Tokens that a provider reported. A count that was not reported is absent, never 0.
 * `inputTokens` includes the cached and the written ones and `outputTokens` the reasoning ones, as DeepSeek and Moonshot report them.
 */
export interface Usage {
  readonly inputTokens?: number
  readonly cachedInputTokens?: number
  /** Input tokens that were written to the provider's cache: a part of those that it did not serve. */
  readonly cacheWriteTokens?: number
  readonly outputTokens?: number
  readonly reasoningTokens?: number
  readonly totalTokens?: number
}

/** The usage of a run: sums over all attempts, failed ones included. */
export interface RunUsage extends Usage {
  /** Requests whose usage was never reported: broken, aborted or silent. With any, the sums are lower bounds. */
  readonly unknownAttempts: number
}

const counts = ['inputTokens', 'cachedInputTokens', 'cacheWriteTokens', 'outputTokens', 'reasoningTokens', 'totalTokens'] as const

/** Adds two usages count by count; a count that neither has stays absent. */
export function addUsage(left: Usage, right: Usage): Usage {
  const sum: { -readonly [Key in keyof Usage]: Usage[Key] } = {}
  for (const count of counts) {
    const total = left[count] === undefined ? right[count] : left[count] + (right[count] ?? 0)
    if (total !== undefined) sum[count] = total
  }
  return sum
}

/** Prices of a model in integer micro-units of the currency for one million tokens: 600_000 is 0.60 a million. */
export interface Prices {
  readonly currency: string
  readonly input: number
  readonly output: number
  /** Price of input tokens that the provider's cache served; the price of `input` when absent. */
  readonly cachedInput?: number
  /**
   * Price of input tokens that the provider writes to its cache, in place of the price of `input`. Where the provider does not report
   * how many it wrote, all input tokens that the cache did not serve count as written. The price of `input` when absent.
   */
  readonly cacheWrite?: number
}

/** What a run cost: exactly, or between two bounds where an attempt never reported its usage. */
export type Cost = ExactCost | CostBounds

/** An amount of money: `amountMicros` are millionths of the currency, an integer. */
export interface ExactCost {
  readonly currency: string
  readonly amountMicros: number
  readonly atLeast?: undefined
  readonly atMost?: undefined
}

/** Millionths of the currency, integers. */
export interface CostBounds {
  readonly currency: string
  readonly amountMicros?: undefined
  /** What was reported. */
  readonly atLeast: number
  /** The same, and for each attempt that never reported an estimate of its request: what a budget of money counts. */
  readonly atMost: number
}

/** Counts the input tokens that the cache did not serve as written to it, where the provider does not report how many were. */
export function withWrites(usage: Usage): Usage {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens } = usage
  if (inputTokens === undefined || cacheWriteTokens !== undefined) return usage
  return { ...usage, cacheWriteTokens: Math.max(0, inputTokens - cachedInputTokens) }
}

/** The cost of a usage, rounded up to an integer of micro-units; `undefined` if input or output tokens are unknown or not integers. */
export function costOf(usage: Usage, prices: Prices): ExactCost | undefined {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens } = withWrites(usage)
  if (!isCount(inputTokens) || !isCount(outputTokens) || !isCount(cachedInputTokens) || !isCount(cacheWriteTokens)) return undefined
  const cached = Math.min(cachedInputTokens, inputTokens)
  const written = Math.min(cacheWriteTokens, inputTokens - cached)
  // The product of tokens and price exceeds the safe integers at a few thousand million tokens: BigInt is exact.
  const total =
    BigInt(inputTokens - cached - written) * BigInt(prices.input) +
    BigInt(cached) * BigInt(prices.cachedInput ?? prices.input) +
    BigInt(written) * BigInt(prices.cacheWrite ?? prices.input) +
    BigInt(outputTokens) * BigInt(prices.output)
  return { currency: prices.currency, amountMicros: Number((total + 999_999n) / 1_000_000n) }
}

/** True for prices that can be counted with: integers of at least 0. */
export function arePrices({ input, output, cachedInput = 0, cacheWrite = 0 }: Prices): boolean {
  return [input, output, cachedInput, cacheWrite].every(isCount)
}

function isCount(value: number | undefined): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
