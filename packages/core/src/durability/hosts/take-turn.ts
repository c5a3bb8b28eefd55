import type { Permit } from '../../contract/model.ts'
import type { Operation } from '../../contract/operations.ts'
import { sleep } from '../../retry/policy.ts'

/** What an operation has when it may begin. */
export interface Turn {
  readonly permit: Permit | undefined
  /** How long it waited for the permit, in milliseconds: not active time. */
  readonly permitMs: number
}

/** The turn of an operation that need not wait. */
export const noWait: Turn = { permit: undefined, permitMs: 0 }

/**
 * Waits until an operation may begin: for its delay, then for its permit.
 *
 * @throws The reason of the signal.
 */
export async function takeTurn({ delayMs, acquire }: Operation<unknown>, signal: AbortSignal): Promise<Turn> {
  if (delayMs !== undefined) await sleep(delayMs, signal)
  if (acquire === undefined) return noWait
  const startedAt = performance.now()
  const permit = await acquire(signal)
  if (!signal.aborted) return { permit, permitMs: performance.now() - startedAt }
  permit.release()
  throw signal.reason
}
