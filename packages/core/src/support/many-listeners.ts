import { setMaxListeners } from 'node:events'

/** Lets a signal have any number of listeners without a warning: each is taken off again, so many are no leak. */
export function allowManyListeners(signal: AbortSignal): void {
  try {
    setMaxListeners(0, signal)
  } catch {
    // Not a signal of Node's own: it warns of nothing.
  }
}
