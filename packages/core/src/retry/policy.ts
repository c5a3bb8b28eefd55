import { defaultAttempts, type ResolvedAttempts } from '../contract/attempts.ts'
import { AgentError } from '../contract/errors.ts'
import { describe } from '../support/describe.ts'

/** A model that writes its calls as text is asked again only once: the next reply is likely to be the same. */
const maxLeakAttempts = 2
/** A server that asks for a longer wait fails the step at once, with `retryAfterMs` on the error. */
export const maxRetryAfterMs = 60_000

/** What a retry depends on, apart from the error. */
export interface RetryRules extends ResolvedAttempts {
  /** From 0 up to 1: the jitter. */
  readonly random: number
}

/**
 * Plans the retry of a failed attempt.
 *
 * @param attempt - The number of the failed attempt, from 1.
 * @returns The delay in milliseconds: a random share of `delayMs`, which doubles with each attempt up to `maxDelayMs`, or what the
 * response asked for if that is longer, so that a server that asks for no delay is not asked again at once; `undefined` for no retry.
 */
export function retryDelayMs(error: AgentError, attempt: number, { max, delayMs, maxDelayMs, random }: RetryRules): number | undefined {
  if (!error.retryable || attempt >= (error.code === 'leaked-markup' ? Math.min(max, maxLeakAttempts) : max)) return undefined
  const { retryAfterMs = 0 } = error
  if (retryAfterMs > maxRetryAfterMs) return undefined
  // A model that asks for a delay by itself gets it: only a response with a status is one of a server that may be in trouble.
  if (error.retryAfterMs !== undefined && (error.status === undefined || error.reworded)) return retryAfterMs
  return Math.max(retryAfterMs, Math.round(random * Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1))))
}

/**
 * Sends a single request with the same rules as an attempt of a run.
 *
 * @param send - Sends once; receives the number of the attempt, from 1.
 * @throws {AgentError} The error of the last attempt, or `aborted`. A thrown value that is not an `AgentError` is a defect and is thrown
 * again at once.
 */
export async function withRetries<Result>(
  send: (attempt: number) => Promise<Result>,
  signal: AbortSignal,
  attempts: ResolvedAttempts = defaultAttempts,
): Promise<Result> {
  // Loaded here because runs have their own retries: only a single request needs it.
  const { default: pRetry, AbortError } = await import('p-retry')
  let delayMs: number | undefined
  const attemptOnce = async (attempt: number): Promise<Result> => {
    try {
      if (delayMs !== undefined) await sleep(delayMs, signal)
      return await send(attempt)
    } catch (error) {
      if (!AgentError.is(error)) throw new AbortError(asError(error))
      delayMs = retryDelayMs(error, attempt, { ...attempts, random: Math.random() })
      throw delayMs === undefined ? new AbortError(error) : error
    }
  }
  try {
    signal.throwIfAborted()
    // The delay is computed above; p-retry only repeats.
    return await pRetry(attemptOnce, { retries: attempts.max - 1, minTimeout: 0, maxTimeout: 0 })
  } catch (error) {
    if (!signal.aborted) throw error
    throw new AgentError(`The call was aborted: ${describe(signal.reason)}.`, { code: 'aborted', phase: 'loop', cause: signal.reason })
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new AgentError(`The call failed with ${describe(thrown)}.`, { code: 'internal', phase: 'loop', cause: thrown })
}

/**
 * Waits for this many milliseconds.
 *
 * @throws The reason of the signal, at once when it aborts.
 */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const cancel = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', cancel)
      resolve()
    }, ms)
    signal.addEventListener('abort', cancel, { once: true })
  })
}
