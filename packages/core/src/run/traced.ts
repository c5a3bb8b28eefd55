import type { OnEvent } from '../contract/events.ts'
import type { Warning } from '../contract/model.ts'
import type { Tracer } from '../contract/tracer.ts'

/** Observers that give the events of a run to its tracers. A problem of a tracer is reported after the event that it was found at. */
export function traced(tracers: readonly Tracer[], warn: (warning: Warning) => void): readonly OnEvent[] {
  return tracers.map((tracer) => (event) => {
    const warning = tracer.onEvent(event)
    if (warning !== undefined) queueMicrotask(() => warn(warning))
  })
}
