import type { SavedRun } from '@capstan/core'
import { Refusal } from '../http/refusal.ts'
import type { StartRequest } from '../protocol.ts'
import { inputOf, metadataOf } from './access.ts'
import type { RunRequest } from './run-request.ts'

/** A run that was asked for. */
export interface StartedRun {
  readonly runId: string
  /** False when the idempotency key was used before: the run is the one that it began. */
  readonly isNew: boolean
}

/**
 * The answer to a request whose key has begun a run.
 *
 * @throws {Refusal} 422 when it began with another body.
 */
export function checkSame(runId: string, known: StartRequest | undefined, { agent, input, session }: StartRequest): StartedRun {
  const isSame =
    known !== undefined && known.input === input && known.session === session && (agent === undefined || known.agent === undefined || known.agent === agent)
  if (isSame) return { runId, isNew: false }
  throw new Refusal(422, ['idempotency-key-reused', 'This Idempotency-Key has begun a run with another body. Use another key.'])
}

/** What began a run of the journal. */
export function requestIn({ head }: SavedRun): RunRequest {
  const { agent, session, keepsText } = metadataOf(head) ?? {}
  return { input: inputOf(head) ?? '', ...(agent !== undefined && { agent }), ...(session !== undefined && { session }), ...(keepsText && { keepsText }) }
}
