import { shortHash } from './hash.ts'

/** Says what was thrown, in a few words, whatever it is. */
export function describe(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown)
    return thrown.name === 'Error' ? thrown.message : `${thrown.name}: ${thrown.message}`
  } catch {
    return 'a value that cannot be shown'
  }
}

/**
 * A short id for a failure whose message is not for the model. The same failure has the same id, so that a repeated one is seen
 * as such; the event of the call has the id and the original error.
 */
export function errorId(thrown: unknown): string {
  return shortHash(describe(thrown), 8)
}
