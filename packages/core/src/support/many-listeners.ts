import { setMaxListeners } from 'node:events'

/** Lets a signal have any number of listeners without a warning. Each listener is removed again, so a large number is not a leak. */
export function allowManyListeners(signal: AbortSignal): void {
  try {
    setMaxListeners(0, signal)
  } catch {
    // A signal that Node did not make emits no such warning.
  }
}
