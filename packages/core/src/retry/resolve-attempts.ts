import { type AttemptOptions, defaultAttempts, type ResolvedAttempts } from '../contract/attempts.ts'
import type { AgentError } from '../contract/errors.ts'
import { checkNames, invalidOptions } from '../contract/options.ts'

/** Node fires a timer with a longer delay at once. */
const longestDelayMs = 2_147_483_647

const instead = {
  attempts: 'max',
  maxAttempts: 'max',
  maxRetries: '`attempts.max`, which counts the first request too',
  retries: '`attempts.max`, which counts the first request too',
  baseDelayMs: 'delayMs',
  minDelayMs: 'delayMs',
  initialDelayMs: 'delayMs',
}

/**
 * Fills in what is not given.
 *
 * @param base - What applies where an option is not given: the defaults, or the options of the agent for a call.
 * @throws {AgentError} `invalid-options` for an unknown name, a `max` that is not a positive integer, or a delay that is negative or too long.
 */
export function resolveAttempts(given: AttemptOptions | undefined, base: ResolvedAttempts = defaultAttempts): ResolvedAttempts {
  if (given === undefined) return base
  checkNames(given, { names: Object.keys(defaultAttempts), what: 'an option of attempts', path: 'attempts.', instead })
  const { max = base.max, delayMs = base.delayMs, maxDelayMs = Math.max(base.maxDelayMs, delayMs) } = given
  if (!(Number.isInteger(max) && max >= 1)) throw outOfRange('max', max, 'a positive integer: 1 sends each request once')
  for (const [name, value] of Object.entries({ delayMs, maxDelayMs })) {
    if (!(typeof value === 'number' && value >= 0 && value <= longestDelayMs)) throw outOfRange(name, value, `milliseconds from 0 to ${longestDelayMs}`)
  }
  return { max, delayMs, maxDelayMs }
}

function outOfRange(name: string, value: unknown, expected: string): AgentError {
  return invalidOptions(`\`attempts.${name}\` must be ${expected}, not ${String(value)}.`)
}
