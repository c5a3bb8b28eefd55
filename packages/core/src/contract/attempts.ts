import { AgentError } from './errors.ts'
import { checkNames } from './options.ts'

/** How often a request that failed is sent again, and after which delay. The retry budget of the endpoint applies in addition. */
export interface AttemptOptions {
  /** Requests for one step, the first one included; with a fallback chain, rounds through its models. Default: 3. */
  readonly max?: number
  /** Upper bound of the random delay before the first retry, in milliseconds; it doubles with each further retry. Default: 500. */
  readonly delayMs?: number
  /** The delay grows up to this many milliseconds. Default: 8,000, or `delayMs` if that is more. A delay that the server asks for is not cut. */
  readonly maxDelayMs?: number
}

/** The options with every default filled in. */
export interface ResolvedAttempts {
  readonly max: number
  readonly delayMs: number
  readonly maxDelayMs: number
}

const defaultMaxDelayMs = 8_000
export const defaultAttempts: ResolvedAttempts = { max: 3, delayMs: 500, maxDelayMs: defaultMaxDelayMs }

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
  if (!(Number.isInteger(max) && max >= 1)) refuse('max', max, 'a positive integer: 1 sends each request once')
  for (const [name, value] of Object.entries({ delayMs, maxDelayMs })) {
    if (!(typeof value === 'number' && value >= 0 && value <= longestDelayMs)) refuse(name, value, `milliseconds from 0 to ${longestDelayMs}`)
  }
  return { max, delayMs, maxDelayMs }
}

function refuse(name: string, value: unknown, expected: string): never {
  throw new AgentError(`\`attempts.${name}\` must be ${expected}, not ${String(value)}.`, { code: 'invalid-options' })
}
