import type { HistoryOptions } from '../contract/history.ts'
import { checkNames, invalidOptions, kindOf } from '../contract/options.ts'

/** The rules by which the history of a run is shortened, with every default filled in. A run records them when it starts. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type HistoryRules = {
  readonly clear: 'rule' | 'window' | false
  /** Absent for the default, which depends on the context window. */
  readonly summariseAt?: number | false
  readonly keepSteps: number
  readonly summary: { readonly instruction?: string; readonly maxOutputTokens: number }
}

const names = ['clear', 'summariseAt', 'keepSteps', 'keep', 'summary'] satisfies readonly (keyof HistoryOptions)[]
const instead = {
  summarizeAt: 'summariseAt',
  threshold: 'summariseAt',
  trigger: 'summariseAt',
  maxTokens: 'summariseAt',
  keepLast: 'keepSteps',
  keepMessages: 'keepSteps',
  pinned: '`tool({ pinned: true })`',
}

/**
 * Fills in the defaults.
 *
 * @returns `undefined` for a history that is never changed.
 * @throws {AgentError} `invalid-options` for an option that is unknown or not of its type.
 */
export function resolveHistory(options: HistoryOptions | false | undefined = {}): HistoryRules | undefined {
  if (options === false) return undefined
  checkNames(options, { names, what: 'an option of the history', path: 'history.', instead })
  const { clear = 'rule', summariseAt, keepSteps = 5, keep, summary = {} } = options
  if (clear !== 'rule' && clear !== 'window' && clear !== false) throw invalidOptions("history.clear must be 'rule', 'window' or false.")
  if (summariseAt !== undefined && summariseAt !== false) checkCount('history.summariseAt', summariseAt, 'of tokens, or false')
  checkCount('history.keepSteps', keepSteps, 'of steps')
  if (keep !== undefined && typeof keep !== 'function') throw invalidOptions(`history.keep must be a function, not ${kindOf(keep)}.`)
  checkNames(summary, {
    names: ['instruction', 'maxOutputTokens'],
    what: 'an option of the summary',
    path: 'history.summary.',
    instead: { prompt: 'instruction', maxTokens: 'maxOutputTokens' },
  })
  const { instruction, maxOutputTokens = 16_000 } = summary
  if (instruction !== undefined && (typeof instruction !== 'string' || instruction.trim() === ''))
    throw invalidOptions(`history.summary.instruction must be a text that is not empty, not ${kindOf(instruction)}.`)
  checkCount('history.summary.maxOutputTokens', maxOutputTokens, 'of tokens')
  return {
    clear,
    ...(summariseAt !== undefined && { summariseAt }),
    keepSteps,
    summary: { ...(instruction !== undefined && { instruction }), maxOutputTokens },
  }
}

function checkCount(name: string, value: unknown, unit: string): void {
  if (Number.isSafeInteger(value) && Number(value) >= 1) return
  throw invalidOptions(`${name} must be a positive integer ${unit}, not ${typeof value === 'number' ? value : kindOf(value)}.`)
}
