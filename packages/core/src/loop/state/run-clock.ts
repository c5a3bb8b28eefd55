import { allowManyListeners } from '../../support/many-listeners.ts'

interface Waiter {
  /** When its time is up, in milliseconds on the clock of `performance.now()`. */
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
  readonly #running = new Set<Waiter>()
  #outer: AbortSignal | undefined
  #timer: NodeJS.Timeout | undefined
  #firesAt = Number.POSITIVE_INFINITY
  #isLate = false

  constructor() {
    // Each call of a step may listen to this signal: many listeners are not a leak.
    allowManyListeners(this.#controller.signal)
  }

  /**
   * Runs a body, whatever the body does: its signal aborts at the limit and with the run, and a body that ignores it is not
   * waited for. What such a body does later is ignored.
   *
   * @param outer - Aborts with the run: the signal of the operation, the same one for all operations of the run.
   * @param ms - Time that the run has left, in milliseconds; `Infinity` for no limit.
   * @returns What the body returned, or `'late'` at the limit.
   * @throws What the body threw, or the reason of the abort, at once.
   */
  within<Result>(outer: AbortSignal, ms: number, body: (signal: AbortSignal) => Promise<Result>): Promise<Result | 'late'> {
    this.#follow(outer)
    const { signal } = this.#controller
    if (this.#isLate) return Promise.resolve('late')
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise<Result | 'late'>((resolve, reject) => {
      // A timer may fire up to a millisecond early; the time limit must have passed.
      const waiter = { dueAt: performance.now() + Math.ceil(ms) + 1, resolve, reject }
      this.#running.add(waiter)
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

  /** Aborts the bodies that are still running when the run ends. */
  end(): void {
    this.releaseTimer()
    if (this.#running.size > 0) this.#abort(new DOMException('The run has ended.', 'AbortError'))
  }

  /** Clears the timer; the next body sets it again. */
  releaseTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#firesAt = Number.POSITIVE_INFINITY
  }

  #follow(outer: AbortSignal): void {
    if (this.#outer !== undefined) return
    this.#outer = outer
    if (outer.aborted) this.#abort(outer.reason)
    else outer.addEventListener('abort', () => this.#abort(outer.reason), { once: true })
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
    this.releaseTimer()
    const first = Math.min(...[...this.#running].map(({ dueAt }) => dueAt))
    if (first > performance.now()) {
      if (first !== Number.POSITIVE_INFINITY) this.#arm(first)
      return
    }
    // They share one limit: those that began some microseconds later are late too.
    this.#isLate = true
    for (const waiter of this.#running) waiter.resolve('late')
    this.#running.clear()
    this.#controller.abort(new DOMException('The time limit of the run was reached.', 'TimeoutError'))
  }

  #abort(reason: unknown): void {
    this.releaseTimer()
    this.#controller.abort(reason)
    for (const waiter of this.#running) waiter.reject(reason)
    this.#running.clear()
  }

  #settled(waiter: Waiter): void {
    if (this.#running.delete(waiter) && this.#running.size === 0) this.#timer?.unref()
  }
}

// setTimeout fires at once for a longer delay. It is 24.8 days, which is as good as no limit.
const longestTimerMs = 2 ** 31 - 1
