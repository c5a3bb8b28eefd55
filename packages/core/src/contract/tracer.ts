import type { RunEvent } from './events.ts'
import type { ExchangeObserver } from './exchange-observer.ts'
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
}
