import { eventStream } from './http/event-stream.ts'
import { streamHeaders } from './http/responses.ts'
import { type LoadGauge, overloaded } from './limits/load-gauge.ts'
import { type RateLimiter, resolveRate } from './limits/rate.ts'
import type { ResolvedOptions } from './options.ts'
import type { Principal } from './principal.ts'
import type { Frame } from './runs/frame-log.ts'

/** The event streams that are open, within their limits. */
export class Streams {
  readonly #options: ResolvedOptions
  readonly #rates: RateLimiter
  readonly #gauge: LoadGauge
  #count = 0

  constructor(options: ResolvedOptions, rates: RateLimiter, gauge: LoadGauge) {
    this.#options = options
    this.#rates = rates
    this.#gauge = gauge
  }

  /** How many are open. */
  get count(): number {
    return this.#count
  }

  /** @throws {Refusal} 429 and 503, where no stream could be opened now. */
  check(principal: Principal): void {
    this.enter(principal)()
  }

  /**
   * Counts a stream.
   *
   * @returns What gives it back, once.
   * @throws {Refusal} 429 and 503.
   */
  enter(principal: Principal): () => void {
    const { maxStreams, maxDelayMs, rate } = this.#options
    this.#gauge.refuseAbove(maxDelayMs)
    if (this.#count >= maxStreams) throw overloaded(`${maxStreams} streams are open.`)
    const leave = this.#rates.openStream(principal.id, resolveRate(typeof rate === 'function' ? rate(principal) : rate))
    this.#count++
    let isOpen = true
    return () => {
      if (!isOpen) return
      isOpen = false
      this.#count--
      leave()
    }
  }

  /** Opens a stream of what `follow` gives. Its signal aborts when the reader leaves. */
  async open(principal: Principal, runId: string, follow: (signal: AbortSignal) => Promise<AsyncIterator<readonly Frame[], void>>): Promise<Response> {
    const leave = this.enter(principal)
    const gone = new AbortController()
    const onEnd = (): void => {
      leave()
      gone.abort()
    }
    try {
      const batches = await follow(gone.signal)
      const body = eventStream({ batches, keepAliveMs: this.#options.keepAliveMs, onEnd })
      return new Response(body, { headers: { ...streamHeaders, 'capstan-run-id': runId } })
    } catch (error) {
      onEnd()
      throw error
    }
  }
}
