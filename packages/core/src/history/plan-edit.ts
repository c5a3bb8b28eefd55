import type { ClearEdit, SummaryEdit } from '../contract/history.ts'
import type { ModelTraits } from '../contract/model.ts'
import { type Clearing, clearingPays } from './clearing-rule.ts'
import type { HistoryRules } from './history-rules.ts'

/** How the next request is made shorter. */
export type PlannedEdit =
  | { readonly how: 'clear'; readonly reason: ClearEdit['reason'] }
  /** `ledger`: the list of calls takes the place of a summary, without a request. */
  | { readonly how: 'summary' | 'ledger'; readonly reason: SummaryEdit['reason'] }

/** Tokens that a request and its reply may have. */
export interface Room {
  /** The smallest context window of the models; `Infinity` where none is known. */
  readonly window: number
  /** Kept free for the reply. */
  readonly reserve: number
}

const defaultSummariseAt = 150_000
/** Of the context window, without what is kept free for the reply. */
const summariseShare = 0.85
// Endpoints name limits of up to a third of the window, which hardly any reply needs.
const maxReserveShare = 0.25
const defaultReserve = 16_000

/** The room that every model of a chain has. */
export function roomOf(models: readonly Pick<ModelTraits, 'contextWindow' | 'maxOutputTokens'>[]): Room {
  let window = Number.POSITIVE_INFINITY
  let reserve = 0
  for (const { contextWindow, maxOutputTokens = defaultReserve } of models) {
    window = Math.min(window, contextWindow ?? Number.POSITIVE_INFINITY)
    reserve = Math.max(reserve, maxOutputTokens)
  }
  return { window, reserve: Math.min(reserve, Math.floor(window * maxReserveShare)) }
}

/** Tokens of a request from which steps are summarised. */
export function summaryThreshold({ summariseAt }: Pick<HistoryRules, 'summariseAt'>, { window, reserve }: Room): number {
  if (summariseAt === false) return Number.POSITIVE_INFINITY
  return summariseAt ?? Math.min(defaultSummariseAt, Math.floor(summariseShare * window - reserve))
}

/** What the decision depends on. All sizes are tokens. */
export interface EditFacts extends Clearing {
  readonly rules: HistoryRules
  readonly room: Room
  /** Of the next request. */
  readonly size: number
  /** Steps in what is sent. */
  readonly steps: number
  /** False shortly after a summary. */
  readonly maySummarise: boolean
  /** True when the provider's cache has expired. */
  readonly isCold: boolean
}

/** The change that is made before the next request, if any: at most one. */
export function planEdit(facts: EditFacts): PlannedEdit | undefined {
  const { rules, room, size } = facts
  if (size > room.window - room.reserve) return planForWindow(facts)
  if (size >= summaryThreshold(rules, room)) {
    const plan = planForSize(facts)
    if (plan !== undefined) return plan
  }
  if (rules.clear !== 'rule' || !mayClear(facts)) return undefined
  if (facts.isCold) return { how: 'clear', reason: 'cold' }
  return clearingPays(facts) ? { how: 'clear', reason: 'rule' } : undefined
}

function mayClear({ rules, clearable }: EditFacts): boolean {
  return rules.clear !== false && clearable > 0
}

// The next request would be too large, and so would one that asks for a summary.
function planForWindow(facts: EditFacts): PlannedEdit | undefined {
  const { room, size, steps, clearable } = facts
  const fitsCleared = size - clearable <= room.window - room.reserve
  if (mayClear(facts) && (fitsCleared || steps <= 1)) return { how: 'clear', reason: 'window' }
  return steps > 1 ? { how: 'ledger', reason: 'window' } : undefined
}

function planForSize(facts: EditFacts): PlannedEdit | undefined {
  const { rules, room, size, steps, clearable } = facts
  if (steps <= rules.keepSteps) return undefined
  const isEnough = size - clearable <= summaryThreshold(rules, room) * clearedShare
  if (rules.clear === 'window' && mayClear(facts) && isEnough) return { how: 'clear', reason: 'window' }
  return facts.maySummarise ? { how: 'summary', reason: 'size' } : undefined
}

/** With `clear: 'window'`, clearing must bring a request below this part of the threshold; otherwise it is summarised. */
const clearedShare = 0.75
