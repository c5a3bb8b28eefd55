import { AgentError } from '../contract/errors.ts'

export interface LimiterOptions {
  /** Requests under way at once. Default: no limit. */
  readonly concurrency?: number
  /** Requests that may start within a minute. Default: no limit. */
  readonly requestsPerMinute?: number
  /** Tokens, by estimate and corrected by what was reported, within a minute. Default: no limit. */
  readonly tokensPerMinute?: number
  /** Milliseconds of a monotonic clock. Default: `performance.now`. */
  readonly now?: () => number
}

/** A permit for one request. */
export interface Permit {
  /** Gives the permit back, with the tokens that were really used where that is known. */
  release(usedTokens?: number): void
}

/** Limits the requests of all agents that share it, in the order in which they asked. */
export interface Limiter {
  /**
   * Waits for a permit.
   *
   * @param tokens - Estimate for the request.
   * @throws The reason of the signal.
   */
  acquire(tokens: number, signal: AbortSignal): Promise<Permit>
  /** Lets nothing start for a while: a server asked for it. */
  pause(ms: number): void
}

const minuteMs = 60_000

/**
 * Makes a limiter to share between models: `evolink(id, { limiter })`. First come, first served: a large request is not overtaken
 * by small ones, so it is never starved.
 *
 * @throws {AgentError} `invalid-options` for a limit that is not a positive number.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  for (const name of ['concurrency', 'requestsPerMinute', 'tokensPerMinute'] as const) {
    const value = options[name]
    if (value !== undefined && !(value > 0)) throw new AgentError(`limiter.${name} must be a positive number, not ${value}.`, { code: 'invalid-options' })
  }
  return new FairLimiter(options)
}

interface Waiter {
  readonly tokens: number
  readonly start: (permit: Permit) => void
}

interface Spent {
  readonly at: number
  tokens: number
}

class FairLimiter implements Limiter {
  readonly #options: LimiterOptions
  readonly #now: () => number
  readonly #queue: Waiter[] = []
  #spent: Spent[] = []
  #running = 0
  #pausedUntil = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: LimiterOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  acquire(tokens: number, signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1)
        reject(signal.reason)
        this.#startWaiting()
      }
      const waiter: Waiter = {
        tokens,
        start: (permit) => {
          signal.removeEventListener('abort', leave)
          resolve(permit)
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#queue.push(waiter)
      this.#startWaiting()
    })
  }

  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms)
  }

  #startWaiting(): void {
    clearTimeout(this.#timer)
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const waitMs = this.#waitMs(next.tokens)
      if (waitMs > 0) {
        // Without an end of the wait, the release of a permit starts the next.
        if (waitMs !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#startWaiting(), Math.ceil(waitMs))
        return
      }
      this.#queue.shift()
      next.start(this.#permit(next.tokens))
    }
  }

  #permit(tokens: number): Permit {
    const spent: Spent = { at: this.#now(), tokens }
    this.#spent.push(spent)
    this.#running++
    let isOpen = true
    return {
      release: (usedTokens) => {
        if (!isOpen) return
        isOpen = false
        this.#running--
        if (usedTokens !== undefined) spent.tokens = usedTokens
        this.#startWaiting()
      },
    }
  }

  // How long the first in the queue has to wait; Infinity when only a release can help.
  #waitMs(tokens: number): number {
    const { concurrency, requestsPerMinute, tokensPerMinute } = this.#options
    if (concurrency !== undefined && this.#running >= concurrency) return Number.POSITIVE_INFINITY
    const now = this.#now()
    this.#spent = this.#spent.filter(({ at }) => at > now - minuteMs)
    const byRequests = requestsPerMinute === undefined ? 0 : this.#waitFor(requestsPerMinute, 1, () => 1)
    // A request beyond the whole limit waits for an empty minute, not for ever.
    const byTokens = tokensPerMinute === undefined ? 0 : this.#waitFor(tokensPerMinute, Math.min(tokens, tokensPerMinute), (spent) => spent.tokens)
    return Math.max(this.#pausedUntil - now, byRequests, byTokens, 0)
  }

  // Until enough of the last minute has left it.
  #waitFor(limit: number, needed: number, amountOf: (spent: Spent) => number): number {
    let used = this.#spent.reduce((sum, spent) => sum + amountOf(spent), 0)
    if (used + needed <= limit) return 0
    for (const spent of this.#spent) {
      used -= amountOf(spent)
      if (used + needed <= limit) return spent.at + minuteMs - this.#now()
    }
    return minuteMs
  }
}
