import { shortHash } from './hash.ts'

/** Describes a thrown value, which may be anything, in a few words. */
export function describe(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown)
    return thrown.name === 'Error' ? thrown.message : `${thrown.name}: ${thrown.message}`
  } catch {
    return 'a value that cannot be shown'
  }
}

/**
 * A short id for a failure whose message the model must not see. Equal failures have equal ids, so the repeat guard recognises them. The
 * `tool-end` event has the id in its text, and the original error.
 */
export function errorId(thrown: unknown): string {
  return shortHash(describe(thrown), 8)
}
