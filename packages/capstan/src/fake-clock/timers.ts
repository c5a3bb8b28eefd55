/** A timer that waits for the fake time. It has what a `Timeout` of Node has. */
export class FakeTimer {
  readonly everyMs: number | undefined
  dueAt: number
  readonly #clear: (timer: FakeTimer) => void
  readonly #refresh: (timer: FakeTimer) => void
  readonly fire: () => void
  #hasRef = true

  constructor(fire: () => void, { dueAt, everyMs, clear, refresh }: FakeTimerOptions) {
    this.fire = fire
    this.dueAt = dueAt
    this.everyMs = everyMs
    this.#clear = clear
    this.#refresh = refresh
  }

  ref(): this {
    this.#hasRef = true
    return this
  }

  unref(): this {
    this.#hasRef = false
    return this
  }

  hasRef(): boolean {
    return this.#hasRef
  }

  refresh(): this {
    this.#refresh(this)
    return this
  }

  close(): this {
    this.#clear(this)
    return this
  }

  [Symbol.dispose](): void {
    this.#clear(this)
  }
}

interface FakeTimerOptions {
  readonly dueAt: number
  /** Set for a timer that fires again and again. */
  readonly everyMs: number | undefined
  readonly clear: (timer: FakeTimer) => void
  readonly refresh: (timer: FakeTimer) => void
}

const longestMs = 2 ** 31 - 1

/** Timers in the order in which they are due; those of the same time in the order in which they were set. */
export class FakeTimers {
  #nowMs = 0
  #timers: FakeTimer[] = []

  /** Milliseconds since the clock was made. */
  get nowMs(): number {
    return this.#nowMs
  }

  get count(): number {
    return this.#timers.length
  }

  /** When the next timer is due; `undefined` without one. */
  get nextAt(): number | undefined {
    return this.#timers[0]?.dueAt
  }

  set(fire: () => void, delayMs: unknown, repeats: boolean): FakeTimer {
    const delay = delayOf(delayMs)
    const clear = (timer: FakeTimer): void => this.clear(timer)
    const refresh = (timer: FakeTimer): void => this.#insert(timer, delay)
    const timer = new FakeTimer(fire, { dueAt: 0, everyMs: repeats ? delay : undefined, clear, refresh })
    this.#insert(timer, delay)
    return timer
  }

  clear(timer: unknown): void {
    this.#timers = this.#timers.filter((one) => one !== timer)
  }

  /** Moves the time to `atMs`, never back, and fires the first timer that is due by then. Returns false when none is. */
  fireNext(atMs: number): boolean {
    const timer = this.#timers[0]
    if (timer === undefined || timer.dueAt > atMs) {
      this.#nowMs = Math.max(this.#nowMs, atMs)
      return false
    }
    this.#nowMs = Math.max(this.#nowMs, timer.dueAt)
    this.#timers.shift()
    if (timer.everyMs !== undefined) this.#insert(timer, timer.everyMs)
    timer.fire()
    return true
  }

  #insert(timer: FakeTimer, delayMs: number): void {
    this.clear(timer)
    timer.dueAt = this.#nowMs + delayMs
    const index = this.#timers.findIndex(({ dueAt }) => dueAt > timer.dueAt)
    this.#timers.splice(index < 0 ? this.#timers.length : index, 0, timer)
  }
}

/** As Node does: what is below 1, too long or not a number is 1 ms. */
function delayOf(delayMs: unknown): number {
  const delay = Number(delayMs)
  return delay >= 1 && delay <= longestMs ? Math.trunc(delay) : 1
}
