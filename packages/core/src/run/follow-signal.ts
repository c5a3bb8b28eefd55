import { allowManyListeners } from '../support/many-listeners.ts'

/** Aborts a run when the signal of its caller does. Returns a function that ends this. */
export function followSignal(signal: AbortSignal | undefined, run: { abort(reason?: unknown): void }): () => void {
  if (signal === undefined) return () => {}
  const forward = (): void => run.abort(signal.reason)
  if (signal.aborted) forward()
  else {
    // One listener for each run, removed at its end: many runs on the signal of a service are not a leak.
    allowManyListeners(signal)
    signal.addEventListener('abort', forward, { once: true })
  }
  return () => signal.removeEventListener('abort', forward)
}
