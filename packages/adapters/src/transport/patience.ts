import type { AgentError } from '@capstan/core'
import type { Deadline } from './silence.ts'

/**
 * One wait at a time, each with a deadline. One timer serves all waits: it is set again only for an earlier end, and when it fires
 * it looks at the current deadline.
 */
export class Patience {
  readonly #onLate: (deadline: Deadline) => void
  /** Set while something waits. */
  #deadline: Deadline | undefined
  #since = 0
  #resolve: () => void = ignore
  #reject: (error: AgentError) => void = ignore
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerEndsAt = 0

  /** @param onLate - Called with a deadline that has passed; it must call `fail`. */
  constructor(onLate: (deadline: Deadline) => void) {
    this.#onLate = onLate
  }

  get isWaiting(): boolean {
    return this.#deadline !== undefined
  }

  /** Waits for `end` or `fail`. */
  wait(deadline: Deadline): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.until(deadline)
    })
  }

  /** Gives the current wait another deadline, which begins now. */
  until(deadline: Deadline): void {
    this.#deadline = deadline
    this.#since = performance.now()
    this.#setTimer(this.#since + deadline.leftMs)
  }

  /** Ends the current wait, if there is one. Returns how long it took, in milliseconds. */
  end(): number {
    if (this.#deadline === undefined) return 0
    this.#deadline = undefined
    this.#resolve()
    return performance.now() - this.#since
  }

  /** Makes the current wait fail, if there is one. */
  fail(error: AgentError): void {
    if (this.#deadline === undefined) return
    this.#deadline = undefined
    this.#reject(error)
  }

  /** Clears the timer. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #setTimer(endsAt: number): void {
    if (this.#timer !== undefined && this.#timerEndsAt <= endsAt) return
    clearTimeout(this.#timer)
    this.#timerEndsAt = endsAt
    const leftMs = endsAt - performance.now()
    // Longer delays overflow and would fire at once.
    this.#timer = leftMs < 2 ** 31 ? setTimeout(this.#onTimer, Math.max(0, Math.ceil(leftMs))) : undefined
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined
    if (this.#deadline === undefined) return
    const endsAt = this.#since + this.#deadline.leftMs
    if (endsAt > performance.now()) this.#setTimer(endsAt)
    else this.#onLate(this.#deadline)
  }
}

function ignore(): void {}
