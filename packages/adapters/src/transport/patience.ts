import type { AgentError } from '@capstan/core'
import type { Deadline } from './silence.ts'

/**
 * One wait at a time, each under a deadline. One timer serves them all: it is set anew only for an earlier end, and looks at what
 * is waited for when it fires.
 */
export class Patience {
  readonly #onLate: (deadline: Deadline) => void
  /** While someone waits. */
  #deadline: Deadline | undefined
  #since = 0
  #resolve: () => void = ignore
  #reject: (error: AgentError) => void = ignore
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerEndsAt = 0

  /** @param onLate - Is told of a deadline that has passed; it ends the wait. */
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

  /** Gives the wait another deadline, which begins now. */
  until(deadline: Deadline): void {
    this.#deadline = deadline
    this.#since = performance.now()
    this.#setTimer(this.#since + deadline.leftMs)
  }

  /** Ends the wait, if there is one. Returns how long it took, in milliseconds. */
  end(): number {
    if (this.#deadline === undefined) return 0
    this.#deadline = undefined
    this.#resolve()
    return performance.now() - this.#since
  }

  /** Breaks the wait, if there is one. */
  fail(error: AgentError): void {
    if (this.#deadline === undefined) return
    this.#deadline = undefined
    this.#reject(error)
  }

  /** Leaves no timer behind. */
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
