import { checkNames, invalidOptions } from '@capstan/core/internal'
import { Refusal } from '../http/refusal.ts'

/** How much one principal may do. */
export interface Rate {
  /** New runs in any 60 seconds. Default: 60. */
  readonly runsPerMinute?: number
  /** Runs at work at once. Default: 10. */
  readonly runsAtOnce?: number
  /** Requests in any 60 seconds. Default: 1,200. */
  readonly requestsPerMinute?: number
  /** Event streams at once. Default: 20. */
  readonly streamsAtOnce?: number
}

const defaults: Required<Rate> = { runsPerMinute: 60, runsAtOnce: 10, requestsPerMinute: 1_200, streamsAtOnce: 20 }

/** @throws {AgentError} `invalid-options`. */
export function resolveRate(rate: Rate = {}): Required<Rate> {
  checkNames(rate, { names: Object.keys(defaults), what: 'a rate', path: 'rate.' })
  for (const [name, value] of Object.entries(rate)) {
    if (value !== undefined && !(typeof value === 'number' && value >= 1)) throw invalidOptions(`rate.${name} must be a number of at least 1.`)
  }
  return { ...defaults, ...Object.fromEntries(Object.entries(rate).filter(([, value]) => value !== undefined)) }
}

/** A bucket that fills evenly: in any minute at most twice what it holds can be taken, and on average what it holds. */
interface Bucket {
  tokens: number
  at: number
}

/** Counts of one principal. */
interface Use {
  readonly runs: Bucket
  readonly requests: Bucket
  streams: number
}

/** Principals that are remembered at once; those that have not asked for the longest time are forgotten first. */
const maxPrincipals = 10_000
const minuteMs = 60_000

/** What each principal has done lately, in memory. */
export class RateLimiter {
  readonly #uses = new Map<string, Use>()

  /** @throws {Refusal} 429. */
  takeRequest(principalId: string, rate: Required<Rate>): void {
    this.#take(this.#useOf(principalId, rate).requests, rate.requestsPerMinute, 'Too many requests.')
  }

  /** @throws {Refusal} 429. */
  takeRun(principalId: string, rate: Required<Rate>): void {
    this.#take(this.#useOf(principalId, rate).runs, rate.runsPerMinute, 'Too many new runs.')
  }

  /**
   * Counts a stream.
   *
   * @returns What gives it back.
   * @throws {Refusal} 429.
   */
  openStream(principalId: string, rate: Required<Rate>): () => void {
    const use = this.#useOf(principalId, rate)
    if (use.streams >= rate.streamsAtOnce) {
      throw new Refusal(429, ['too-many-streams', `You have ${use.streams} streams open. Close one of them.`], { retryAfterSeconds: 5 })
    }
    use.streams++
    let isOpen = true
    return () => {
      if (isOpen) use.streams--
      isOpen = false
    }
  }

  #take(bucket: Bucket, perMinute: number, message: string): void {
    const now = Date.now()
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.at) * perMinute) / minuteMs)
    bucket.at = now
    if (bucket.tokens < 1) {
      const retryAfterSeconds = Math.max(1, Math.ceil(((1 - bucket.tokens) * minuteMs) / perMinute / 1000))
      throw new Refusal(429, ['rate-limited', `${message} Try again in ${retryAfterSeconds} s.`], { retryAfterSeconds })
    }
    bucket.tokens--
  }

  #useOf(principalId: string, rate: Required<Rate>): Use {
    const now = Date.now()
    const known = this.#uses.get(principalId)
    const use = known ?? { runs: { tokens: rate.runsPerMinute, at: now }, requests: { tokens: rate.requestsPerMinute, at: now }, streams: 0 }
    // The order of the map is that of the last use.
    this.#uses.delete(principalId)
    this.#uses.set(principalId, use)
    if (this.#uses.size > maxPrincipals) this.#forgetOne()
    return use
  }

  #forgetOne(): void {
    for (const [id, { streams }] of this.#uses) {
      if (streams > 0) continue
      this.#uses.delete(id)
      return
    }
  }
}
