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
  let sinceEvent = 0
  let sinceBytes = 0
  let last: Progress | undefined
  let hasContent = false
  let isFinishing = false

  const deadlines = (): readonly Deadline[] => {
    const code = hasContent ? 'stream-timeout' : 'first-content-timeout'
    const phase = isFinishing ? 'finish' : hasContent ? 'stream' : 'first'
    const entry = (clock: keyof Clocks, leftMs: number): Deadline => ({ clock, code, phase, leftMs })
    const found: Deadline[] = []
    if (last === 'keep-alive') found.push(entry('bytesMs', clocks.bytesMs - sinceBytes))
    if (isFinishing) found.push(entry('gapMs', Math.min(clocks.gapMs, tailMs) - sinceContent))
    else if (hasContent) found.push(entry('gapMs', clocks.gapMs - sinceContent))
    else {
      if (last !== undefined) found.push(entry('queuedMs', clocks.queuedMs - sinceContent))
      if (last !== 'keep-alive') found.push(entry('firstContentMs', clocks.firstContentMs - sinceEvent))
    }
    return found
  }

  return {
    next: () => deadlines().reduce((soonest, other) => (other.leftMs < soonest.leftMs ? other : soonest)),
    waited: (ms) => {
      sinceContent += ms
      sinceEvent += ms
      sinceBytes += ms
    },
    heard: (progress) => {
      last = progress
      sinceBytes = 0
      if (progress !== 'keep-alive') sinceEvent = 0
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
      return isFinishing ? 'finish' : hasContent ? 'stream' : 'first'
    },
  }
}
