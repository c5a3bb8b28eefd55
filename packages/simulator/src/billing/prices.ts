/** Prices of a simulated model in integer micro-units of the currency for one million tokens: 600_000 is 0.60 a million. */
export interface SimulatedPrices {
  readonly input: number
  readonly output: number
  /** Price of input tokens that the cache served; the price of `input` when absent. */
  readonly cachedInput?: number | undefined
  /**
   * Price of input tokens that the cache did not serve, in place of `input`, where the vendor bills what it writes to its cache. By the
   * lifetime that a request asks for with `prompt_cache_options.ttl`: a request that asks for none pays `5m`.
   */
  readonly cacheWrite?: number | Readonly<Record<string, number>> | undefined
}

/** What requests cost. Tokens and amounts are those that a provider would bill: a scripted `usage` does not change them. */
export interface Bill {
  /** Requests that were served. Refused requests, and those whose response was replaced by an error status, are free. */
  readonly requests: number
  /** With the cached ones. */
  readonly inputTokens: number
  /** Input tokens that the cache served. */
  readonly cachedTokens: number
  /** With reasoning. */
  readonly outputTokens: number
  /** In millionths of the currency of the prices, rounded up once; `undefined` when a served model has no prices. */
  readonly amountMicros: number | undefined
}

/** One request that was served. */
export interface ServedRequest {
  readonly model: string
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  /** The lifetime of its cached prefix, as `prompt_cache_options.ttl` has it. */
  readonly ttl: string
}
