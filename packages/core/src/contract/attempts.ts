/** How often a request that failed is sent again, and after which delay. The retry budget of the endpoint applies in addition. */
export interface AttemptOptions {
  /** Requests for one step, the first one included; with a fallback chain, rounds through its models. Default: 3. */
  readonly max?: number
  /** Upper bound of the random delay before the first retry, in milliseconds; it doubles with each further retry. Default: 500. */
  readonly delayMs?: number
  /** The delay grows up to this many milliseconds. Default: 8,000, or `delayMs` if that is more. A delay that the server asks for is not cut. */
  readonly maxDelayMs?: number
}

/** The options with every default filled in. */
export interface ResolvedAttempts {
  readonly max: number
  readonly delayMs: number
  readonly maxDelayMs: number
}

export const defaultAttempts: ResolvedAttempts = { max: 3, delayMs: 500, maxDelayMs: 8_000 }
