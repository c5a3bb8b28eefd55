import type { Outcome } from './read-invoice.ts'

/** No request can succeed after one of these: the remaining documents are left for the next start. */
const endings = ['missing-key', 'auth-failed', 'model-not-found', 'quota-exhausted', 'journal-failed', 'invalid-options', 'internal']
/** After so many documents in a row that failed for a reason that passes, the provider counts as down. */
const maxFailuresInRow = 10

/** Ends a job in which every further document would fail, too: a provider that is down must not cost 200 times three attempts. */
export class Breaker {
  /** Why no further document may begin. */
  brokenBy: string | undefined
  #failuresInRow = 0

  /** Ends the job for a reason of its own, such as a full disk. The first reason stays. */
  break(reason: string): void {
    this.brokenBy ??= reason
  }

  /** Takes note of what became of a document. */
  note(outcome: Outcome): void {
    if (outcome.kind !== 'failed') {
      this.#failuresInRow = 0
      return
    }
    const { code, message, isRetryable } = outcome
    this.#failuresInRow = isRetryable ? this.#failuresInRow + 1 : 0
    if (endings.includes(code)) this.break(message)
    if (this.#failuresInRow >= maxFailuresInRow) this.break(`${maxFailuresInRow} documents in a row failed, the last one so: ${message}`)
  }
}
