import type { Limiter, Permit } from '../contract/model.ts'
import { checkNames, invalidOptions } from '../contract/options.ts'

/** Options of `createLimiter()`. */
export interface LimiterOptions {
  /** Requests that may run at the same time. Default: no limit. */
  readonly concurrency?: number
  /** Requests that may start within a minute. Default: no limit. */
  readonly requestsPerMinute?: number
  /** Tokens within a minute: an estimate when a request starts, then corrected by the reported usage. Default: no limit. */
  readonly tokensPerMinute?: number
  /** Reads a monotonic clock, in milliseconds. Default: `performance.now`. */
  readonly now?: () => number
}

const minuteMs = 60_000

/**
 * Makes a limiter to share between models: `evolink(id, { limiter })`. Requests start in the order in which they asked: small ones do not
 * overtake a large one, so it always gets its turn.
 *
 * @throws {AgentError} `invalid-options` for an unknown option, or a limit that is not a positive number.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  const { now, ...limits } = options
  checkNames(options, { names: ['concurrency', 'requestsPerMinute', 'tokensPerMinute', 'now'], what: 'an option of createLimiter()' })
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined && !(typeof value === 'number' && value > 0)) throw invalidOptions(`limiter.${name} must be a positive number, not ${value}.`)
  }
  return new FairLimiter(limits, now ?? (() => performance.now()))
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
  readonly #limits: Omit<LimiterOptions, 'now'>
  readonly #now: () => number
  readonly #queue: Waiter[] = []
  #spent: Spent[] = []
  #running = 0
  #pausedUntil = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Omit<LimiterOptions, 'now'>, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  acquire(tokens: number, signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1)
        reject(signal.reason)
        this.#startWaiting()
      }
      const waiter: Waiter = {
        tokens,
        start: (permit) => {
          signal.removeEventListener('abort', cancel)
          resolve(permit)
        },
      }
      signal.addEventListener('abort', cancel, { once: true })
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
        // With no deadline (Infinity), only a released permit can start the next request.
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
    let isHeld = true
    return {
      release: (usedTokens) => {
        if (!isHeld) return
        isHeld = false
        this.#running--
        if (usedTokens !== undefined) spent.tokens = usedTokens
        this.#startWaiting()
      },
    }
  }

  // How long the first request of the queue has to wait; Infinity if it needs a permit to be released.
  #waitMs(tokens: number): number {
    const { concurrency, requestsPerMinute, tokensPerMinute } = this.#limits
    if (concurrency !== undefined && this.#running >= concurrency) return Number.POSITIVE_INFINITY
    const now = this.#now()
    this.#spent = this.#spent.filter(({ at }) => at > now - minuteMs)
    const byRequests = requestsPerMinute === undefined ? 0 : this.#waitFor(requestsPerMinute, 1, () => 1)
    // A request that needs more than the limit waits for an empty minute, not for ever.
    const byTokens = tokensPerMinute === undefined ? 0 : this.#waitFor(tokensPerMinute, Math.min(tokens, tokensPerMinute), (spent) => spent.tokens)
    return Math.max(this.#pausedUntil - now, byRequests, byTokens, 0)
  }

  // How long until enough requests are older than a minute.
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
