/** The result of one case. */
export interface CaseResult {
  /** Number of the case, from 0. */
  readonly case: number
  readonly finishReason: string
  readonly calls: number
  /** True when all calls name a tool of the case and are valid for its schema; absent without calls. */
  readonly valid?: boolean
  readonly problem?: string
}

/** Scores, computed like those of Moonshot's verifier. */
export interface Score {
  readonly cases: number
  /** Replies with finish reason `tool_calls`. */
  readonly withCalls: number
  readonly validCalls: number
  /** `validCalls / withCalls`; `undefined` without calls. */
  readonly schemaAccuracy: number | undefined
  /** Compares with a reference when tools were called; `undefined` without a reference. */
  readonly trigger: TriggerScore | undefined
}

export interface TriggerScore {
  readonly compared: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/**
 * Computes the score of results.
 *
 * @param reference - Finish reasons of another run, by case number.
 * @see https://github.com/MoonshotAI/K2-Vendor-Verifier
 */
export function scoreOf(results: readonly CaseResult[], reference: ReadonlyMap<number, string> | undefined): Score {
  const calling = results.filter(({ finishReason }) => finishReason === 'tool_calls')
  const valid = calling.filter((result) => result.valid === true)
  return {
    cases: results.length,
    withCalls: calling.length,
    validCalls: valid.length,
    schemaAccuracy: calling.length === 0 ? undefined : valid.length / calling.length,
    trigger: reference === undefined ? undefined : triggerOf(results, reference),
  }
}

function triggerOf(results: readonly CaseResult[], reference: ReadonlyMap<number, string>): TriggerScore | undefined {
  const compared = results.filter((result) => reference.has(result.case))
  if (compared.length === 0) return undefined
  const count = (here: boolean, there: boolean): number =>
    compared.filter((result) => (result.finishReason === 'tool_calls') === here && (reference.get(result.case) === 'tool_calls') === there).length
  const both = count(true, true)
  const precision = ratio(both, both + count(true, false))
  const recall = ratio(both, both + count(false, true))
  return { compared: compared.length, precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) }
}

/** A share; 1 if the total is 0. */
function ratio(part: number, total: number): number {
  return total === 0 ? 1 : part / total
}
