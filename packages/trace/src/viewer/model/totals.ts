import type { Cost, Usage } from '@capstan/core'
import type { SeenEvent } from '../lines.ts'
import { eventOf, hasEvent, type Row, repliedRequest } from './row.ts'

/** Tokens of a step or a run. A count that was not reported is absent. */
export type Tokens = Pick<Usage, 'inputTokens' | 'cachedInputTokens' | 'outputTokens' | 'reasoningTokens'>

/** Money in millionths; with `isBound`, at least this much. */
export interface Money {
  readonly micros: number
  readonly currency: string
  readonly isBound: boolean
}

/** The tokens of the reply that counts for a step, or of one request. */
export function tokensOf(row: Row): Tokens | undefined {
  const request = row.kind === 'step' ? repliedRequest(row) : row
  return request === undefined ? undefined : eventOf(request, 'message-end')?.usage
}

/** What a run or an agent has used so far. */
export function totalTokens(row: Row): Tokens | undefined {
  const end = row.kind === 'run' ? eventOf(row, 'run-end') : undefined
  return end?.usage ?? lastStepEnd(row)?.usage
}

/** What a run has cost so far. */
export function totalMoney(row: Row): Money | undefined {
  const end = row.kind === 'run' ? eventOf(row, 'run-end') : undefined
  return moneyOf(end?.cost ?? lastStepEnd(row)?.cost)
}

/** What a step cost, with the agents that its calls asked. Each step ends with what its agent has cost so far. */
export function stepMoney(row: Row): Money | undefined {
  const money = moneyOf(eventOf(row, 'step-end')?.cost)
  if (money === undefined) return undefined
  const before = row.scope.steps.get(row.step - 1)
  const earlier = before === undefined ? 0 : (moneyOf(eventOf(before, 'step-end')?.cost)?.micros ?? 0)
  return { ...money, micros: Math.max(0, money.micros - earlier) }
}

function lastStepEnd(row: Row): Extract<SeenEvent, { readonly type: 'step-end' }> | undefined {
  const last = row.children.findLast((child) => hasEvent(child, 'step-end'))
  return last === undefined ? undefined : eventOf(last, 'step-end')
}

function moneyOf(cost: Cost | undefined): Money | undefined {
  if (cost === undefined) return undefined
  const { currency, amountMicros, atLeast } = cost
  return { micros: amountMicros ?? atLeast ?? 0, currency, isBound: amountMicros === undefined }
}
