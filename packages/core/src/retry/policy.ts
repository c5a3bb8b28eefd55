import { AgentError } from '../contract/errors.ts'
import { describe } from '../support/describe.ts'

/** Requests for one step, or for one `complete()`, the first included. */
export const maxAttempts = 3
/** A model that writes its calls as text is asked again once: it is not chance that decides about it. */
const maxLeakAttempts = 2
/** A server that asks for a longer wait fails the step at once, with `retryAfterMs` on the error. */
export const maxRetryAfterMs = 60_000
const baseDelayMs = 500
const maxDelayMs = 8_000

/**
 * Decides whether a failed attempt is tried again, and after how long.
 *
 * @param error - What the attempt failed with.
 * @param attempt - The number of the failed attempt, from 1.
 * @param random - A number from 0 up to 1: the jitter.
 * @returns The delay in milliseconds: what the server asked for, else full jitter under 0.5 s doubling to 8 s; `undefined` for no retry.
 */
export function retryDelayMs(error: AgentError, attempt: number, random: number): number | undefined {
  if (!error.retryable || attempt >= (error.code === 'leaked-markup' ? maxLeakAttempts : maxAttempts)) return undefined
  if (error.retryAfterMs !== undefined) return error.retryAfterMs <= maxRetryAfterMs ? error.retryAfterMs : undefined
  return Math.round(random * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)))
}

/**
 * Sends a single call with the same rules as an attempt of a run.
 *
 * @param send - Sends once; receives the number of the attempt, from 1.
 * @throws {AgentError} What the last attempt failed with, or `aborted`. What is no `AgentError` is a defect: thrown as it is, at once.
 */
export async function withRetries<Result>(send: (attempt: number) => Promise<Result>, signal: AbortSignal): Promise<Result> {
  // Runs retry on their own: only a single call needs it.
  const { default: pRetry, AbortError } = await import('p-retry')
  let delayMs: number | undefined
  const attemptOnce = async (attempt: number): Promise<Result> => {
    try {
      if (delayMs !== undefined) await sleep(delayMs, signal)
      return await send(attempt)
    } catch (error) {
      if (!AgentError.is(error)) throw new AbortError(asError(error))
      delayMs = retryDelayMs(error, attempt, Math.random())
      throw delayMs === undefined ? new AbortError(error) : error
    }
  }
  try {
    signal.throwIfAborted()
    // The delay is the server's or ours, decided above; p-retry only repeats.
    return await pRetry(attemptOnce, { retries: maxAttempts - 1, minTimeout: 0, maxTimeout: 0 })
  } catch (error) {
    if (!signal.aborted) throw error
    throw new AgentError(`The call was aborted: ${describe(signal.reason)}.`, { code: 'aborted', phase: 'loop', cause: signal.reason })
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new AgentError(`The call failed with ${describe(thrown)}.`, { code: 'internal', phase: 'loop', cause: thrown })
}

/**
 * Waits; ends early with the signal's reason.
 *
 * @throws The reason of the signal.
 */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
