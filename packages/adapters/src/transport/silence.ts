import type { AgentErrorCode, ErrorPhase } from '@capstan/core'
import type { Clocks } from '../profiles/profile.ts'

/** What the last bytes were: nothing yet, a whole event without content, or no event at all. */
export type Progress = 'content' | 'event' | 'keep-alive'

/** A clock that ran out, or would. */
export interface Deadline {
  readonly clock: keyof Clocks
  readonly code: AgentErrorCode
  readonly phase: ErrorPhase
  /** Waiting time that is left, in milliseconds. */
  readonly leftMs: number
}

/**
 * Measures the silence of a response body. It counts waiting time alone: while the consumer is busy, no clock runs.
 * Comments and blank lines are heard, but are never progress.
 */
export interface Silence {
  /** The next clock to run out, if waiting began now. */
  next(): Deadline
  /** Adds time that was spent waiting, in milliseconds. */
  waited(ms: number): void
  /** Says what the bytes were that ended the wait. */
  heard(progress: Progress): void
  /** Says that the finish reason came: what is left is the end of the stream. */
  finishing(): void
  readonly phase: ErrorPhase
}

/** After the finish reason only `[DONE]` and the usage are missing: a stream that stays open is not waited for longer. */
const tailMs = 15_000

/** Starts measuring, at the response headers. */
export function measureSilence(clocks: Clocks): Silence {
  let sinceContent = 0
  let sinceBytes = 0
  let last: Progress | undefined
  let hasContent = false
  let isFinishing = false

  const phase = (): ErrorPhase => {
    if (isFinishing) return 'finish'
    return hasContent ? 'stream' : 'first'
  }
  const deadline = (clock: keyof Clocks, leftMs: number): Deadline => ({
    clock,
    code: hasContent ? 'stream-timeout' : 'first-content-timeout',
    phase: phase(),
    leftMs,
  })
  const untilContent = (): Deadline => {
    if (isFinishing) return deadline('gapMs', Math.min(clocks.gapMs, tailMs) - sinceContent)
    if (hasContent) return deadline('gapMs', clocks.gapMs - sinceContent)
    const queued = deadline('queuedMs', clocks.queuedMs - sinceContent)
    if (last === 'keep-alive') return queued
    const first = deadline('firstContentMs', clocks.firstContentMs - sinceBytes)
    return last === undefined ? first : sooner(first, queued)
  }

  return {
    next: () => (last === 'keep-alive' ? sooner(deadline('bytesMs', clocks.bytesMs - sinceBytes), untilContent()) : untilContent()),
    waited: (ms) => {
      sinceContent += ms
      sinceBytes += ms
    },
    heard: (progress) => {
      last = progress
      sinceBytes = 0
      if (progress === 'content') {
        sinceContent = 0
        hasContent = true
      }
    },
    finishing: () => {
      if (!isFinishing) sinceContent = 0
      isFinishing = true
    },
    get phase() {
      return phase()
    },
  }
}

function sooner(one: Deadline, other: Deadline): Deadline {
  return other.leftMs < one.leftMs ? other : one
}
