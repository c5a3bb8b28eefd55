import { allowManyListeners } from '../support/many-listeners.ts'

interface Waiter {
  /** When its time is up, on the clock of `performance.now()`. */
  readonly dueAt: number
  readonly resolve: (late: 'late') => void
  readonly reject: (reason: unknown) => void
}

/**
 * The time limit of one run. Operations of a run share one limit, and at it the run ends: so one signal and at most one timer
 * serve them all, as making them for each call costs more than the loop itself.
 */
export class RunClock {
  readonly #controller = new AbortController()
  readonly #open = new Set<Waiter>()
  #timer: NodeJS.Timeout | undefined
  #firesAt = Number.POSITIVE_INFINITY
  #isLate = false

  /** @param outer - Aborts with the run. */
  constructor(outer: AbortSignal) {
    // Each call of a step may listen: many are no leak.
    allowManyListeners(this.#controller.signal)
    const leave = (): void => this.#abort(outer.reason)
    if (outer.aborted) leave()
    else outer.addEventListener('abort', leave, { once: true })
  }

  /**
   * Runs a body, whatever the body does: its signal aborts at the limit and with the run, and a body that ignores it is left
   * alone. What such a body does later is ignored.
   *
   * @param ms - Time that the run has left, in milliseconds; `Infinity` for no limit.
   * @returns What the body returned, or `'late'` at the limit.
   * @throws What the body threw, or the reason of the abort, at once.
   */
  within<Result>(ms: number, body: (signal: AbortSignal) => Promise<Result>): Promise<Result | 'late'> {
    const { signal } = this.#controller
    if (this.#isLate) return Promise.resolve('late')
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise<Result | 'late'>((resolve, reject) => {
      // A timer may fire up to a millisecond early; the time limit must have passed.
      const waiter = { dueAt: performance.now() + Math.ceil(ms) + 1, resolve, reject }
      this.#open.add(waiter)
      this.#arm(waiter.dueAt)
      const fail = (error: unknown): void => {
        this.#settled(waiter)
        reject(error)
      }
      try {
        body(signal).then((result) => {
          this.#settled(waiter)
          resolve(result)
        }, fail)
      } catch (error) {
        fail(error)
      }
    })
  }

  /** Ends what a run left under way when it ended. */
  end(): void {
    this.close()
    if (this.#open.size > 0) this.#abort(new DOMException('The run has ended.', 'AbortError'))
  }

  /** Lets go of the timer, until something begins again. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#firesAt = Number.POSITIVE_INFINITY
  }

  #arm(dueAt: number): void {
    if (this.#firesAt <= dueAt) {
      // While something is under way the limit keeps the process alive.
      this.#timer?.ref()
      return
    }
    const ms = dueAt - performance.now()
    if (ms > longestTimerMs) return
    clearTimeout(this.#timer)
    this.#firesAt = dueAt
    this.#timer = setTimeout(() => this.#fire(), ms)
  }

  #fire(): void {
    this.close()
    const first = Math.min(...[...this.#open].map(({ dueAt }) => dueAt))
    if (first > performance.now()) {
      if (first !== Number.POSITIVE_INFINITY) this.#arm(first)
      return
    }
    // They share one limit: those that began some microseconds later are late too.
    this.#isLate = true
    for (const waiter of this.#open) waiter.resolve('late')
    this.#open.clear()
    this.#controller.abort(new DOMException('The time limit of the run was reached.', 'TimeoutError'))
  }

  #abort(reason: unknown): void {
    this.close()
    this.#controller.abort(reason)
    for (const waiter of this.#open) waiter.reject(reason)
    this.#open.clear()
  }

  #settled(waiter: Waiter): void {
    if (this.#open.delete(waiter) && this.#open.size === 0) this.#timer?.unref()
  }
}

// A longer delay makes setTimeout fire at once; it is 24.8 days, so it is as good as no limit.
const longestTimerMs = 2 ** 31 - 1
