import type { AgentErrorCode, ErrorPhase } from '@capstan/core'
import type { Clocks } from '../profiles/profile.ts'

/** What the last bytes were: content, a complete event without content, or no event at all. */
export type Progress = 'content' | 'event' | 'keep-alive'

/** A clock, and how long it may still run. */
export interface Deadline {
  readonly clock: keyof Clocks
  readonly code: AgentErrorCode
  readonly phase: ErrorPhase
  /** Waiting time that is left, in milliseconds. */
  readonly leftMs: number
}

/** After the finish reason only `[DONE]` and the usage are missing: a stream that stays open is not waited for longer. */
const tailMs = 15_000

/**
 * Measures the silence of a response body, from the response headers on. Only waiting time counts: while the consumer is busy, no
 * clock runs. Comments and blank lines end the wait for bytes, but they are never progress.
 */
export class Silence {
  readonly #clocks: Clocks
  #sinceContent = 0
  #sinceBytes = 0
  #last: Progress | undefined
  #hasContent = false
  #isFinishing = false

  constructor(clocks: Clocks) {
    this.#clocks = clocks
  }

  get phase(): ErrorPhase {
    if (this.#isFinishing) return 'finish'
    return this.#hasContent ? 'stream' : 'first'
  }

  /** The next clock to run out, if waiting began now. */
  next(): Deadline {
    if (this.#last !== 'keep-alive') return this.#untilContent()
    return sooner(this.#deadline('bytesMs', this.#clocks.bytesMs - this.#sinceBytes), this.#untilContent())
  }

  /** Adds time that was spent waiting, in milliseconds. */
  addWait(ms: number): void {
    this.#sinceContent += ms
    this.#sinceBytes += ms
  }

  /** Notes what the bytes were that ended the wait. */
  note(progress: Progress): void {
    this.#last = progress
    this.#sinceBytes = 0
    if (progress === 'content') {
      this.#sinceContent = 0
      this.#hasContent = true
    }
  }

  /** Notes that the finish reason has come: only the end of the stream is missing. */
  noteFinish(): void {
    if (!this.#isFinishing) this.#sinceContent = 0
    this.#isFinishing = true
  }

  #untilContent(): Deadline {
    const { gapMs, queuedMs, firstContentMs } = this.#clocks
    if (this.#isFinishing) return this.#deadline('gapMs', Math.min(gapMs, tailMs) - this.#sinceContent)
    if (this.#hasContent) return this.#deadline('gapMs', gapMs - this.#sinceContent)
    const queued = this.#deadline('queuedMs', queuedMs - this.#sinceContent)
    if (this.#last === 'keep-alive') return queued
    const first = this.#deadline('firstContentMs', firstContentMs - this.#sinceBytes)
    return this.#last === undefined ? first : sooner(first, queued)
  }

  #deadline(clock: keyof Clocks, leftMs: number): Deadline {
    return { clock, code: this.#hasContent ? 'stream-timeout' : 'first-content-timeout', phase: this.phase, leftMs }
  }
}

function sooner(one: Deadline, other: Deadline): Deadline {
  return other.leftMs < one.leftMs ? other : one
}
