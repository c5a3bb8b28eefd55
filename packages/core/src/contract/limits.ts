import { checkNames, invalidOptions } from './options.ts'
import type { StopReason } from './result.ts'

/** Budgets of one run, checked before each request. Reaching one is a result with a named stop reason, not an error. */
export interface Limits {
  /** Model calls with their tools. Default: 20. At the limit one closing request asks for the best answer so far. */
  readonly steps?: number
  /** Tool calls that are run. Default: 100. At the limit one closing request goes out, as for `steps`. */
  readonly toolCalls?: number
  /** Input and output tokens of all requests. Default: none. */
  readonly tokens?: number
  /** Money, in integer micro-units of the currency of the model's prices. Needs a model with prices. Default: none. */
  readonly cost?: number
  /**
   * Active time in milliseconds: model calls, tools and your own hooks, also while a slow consumer of the events delays them.
   * Waiting for a person does not count. Default: 1,800,000 (30 minutes).
   */
  readonly durationMs?: number
}

/** Limits with every default filled in; `Infinity` for no limit. */
export interface ResolvedLimits {
  readonly steps: number
  readonly toolCalls: number
  readonly tokens: number
  readonly cost: number
  readonly durationMs: number
}

/** The limits of an agent that sets none. */
export const defaultLimits: ResolvedLimits = {
  steps: 20,
  toolCalls: 100,
  tokens: Number.POSITIVE_INFINITY,
  cost: Number.POSITIVE_INFINITY,
  durationMs: 1_800_000,
}

const instead = {
  maxSteps: 'steps',
  maxTurns: 'steps',
  maxToolCalls: 'toolCalls',
  calls: 'toolCalls',
  maxTokens: 'tokens',
  totalTokens: 'tokens',
  outputTokens: '`maxOutputTokens` in the settings of the model',
  maxOutputTokens: '`maxOutputTokens` in the settings of the model',
  maxCost: 'cost',
  money: 'cost',
  time: 'durationMs',
  timeoutMs: 'durationMs',
  maxDurationMs: 'durationMs',
}

/**
 * Fills in the defaults.
 *
 * @throws {AgentError} `invalid-options` for a limit that is not a positive number or has an unknown name.
 */
export function resolveLimits(limits: Limits, defaults: ResolvedLimits = defaultLimits): ResolvedLimits {
  checkNames(limits, { names: Object.keys(defaultLimits), what: 'a limit', path: 'limits.', instead })
  for (const [name, value] of Object.entries(limits)) {
    const isCount = name !== 'durationMs'
    const isInRange = typeof value === 'number' && value > 0 && (!isCount || Number.isInteger(value) || value === Number.POSITIVE_INFINITY)
    if (value !== undefined && !isInRange) {
      throw invalidOptions(`limits.${name} must be a positive ${isCount ? 'integer' : 'number'}, not ${String(value)}. Leave it out for the default.`)
    }
  }
  return { ...defaults, ...Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)) }
}

/** What a run has used of its steps, tool calls and time. */
export interface Spending {
  readonly steps: number
  readonly toolCalls: number
  readonly activeMs: number
}

/** The limit of steps, tool calls or time that is reached, or `undefined`. */
export function reachedLimit(limits: ResolvedLimits, spent: Spending): StopReason | undefined {
  if (spent.activeMs >= limits.durationMs) return 'max-duration'
  if (spent.steps >= limits.steps) return 'max-steps'
  if (spent.toolCalls >= limits.toolCalls) return 'max-tool-calls'
  return undefined
}
