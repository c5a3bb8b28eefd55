import type { RunEvent } from './events.ts'
import type { ExchangeObserver } from './exchange-observer.ts'
import type { Json } from './json.ts'
import type { Warning } from './model.ts'

/**
 * Records runs: it gets every event of a run, and sees the HTTP exchanges of its models, also those of agents inside it. One tracer serves any
 * number of runs at the same time. `traceTo` of `@capstan/trace` makes one that writes files.
 */
export interface Tracer extends ExchangeObserver {
  /**
   * Called with every event, as it happens. The run does not wait for it.
   *
   * @returns A problem of the recording: it becomes a warning of the run.
   */
  onEvent(event: RunEvent): Warning | undefined
  /** Called with each answer that a run got from a person, once: not when a later process reads it from the records. What it throws is dropped. */
  onAnswer?(answer: TracedAnswer): void
}

/** A question to a person, and the answer that the run continued with. Times are in milliseconds since the Unix epoch. */
export interface TracedAnswer {
  readonly runId: string
  /** Of an agent inside the run, as in its events. */
  readonly path?: readonly string[]
  /** Of the question in its run, such as `steps/2/tools/0/approval`. */
  readonly position: string
  /** What was asked. */
  readonly about: Json
  /** When this process began to wait. */
  readonly askedAt: number
  readonly answer: Json
  readonly answeredAt: number
}
