import type { ModelRequest } from '../contract/model.ts'
import { addUsage, type Cost, costOf, withWrites } from '../contract/usage.ts'
import type { ModelFacts } from '../durability/records.ts'
import { estimateTokens } from '../support/estimate.ts'
import type { LoopRun } from './loop-run.ts'
import type { ModelSpending } from './state/ledger.ts'

type Spent = Pick<LoopRun, 'config' | 'ledger'>

/** A request that is about to be sent. */
export interface PlannedRequest {
  /** Index of the model that it is sent to: the request is priced as that one. */
  readonly modelIndex: number
  /** Its tokens, estimated; called only where a budget needs them. */
  readonly estimate: () => number
}

/**
 * The budget of tokens or money that a request would pass, by what was reported so far, by the estimates of requests that never
 * reported, and by the estimate of the request itself. Checked before every request, retries included.
 */
export function passedBudget({ config, ledger }: Spent, { modelIndex, estimate }: PlannedRequest): 'max-tokens' | 'max-cost' | undefined {
  const { tokens, cost } = config.limits
  if (tokens === Number.POSITIVE_INFINITY && cost === Number.POSITIVE_INFINITY) return undefined
  const requestTokens = estimate()
  if ((ledger.usage.totalTokens ?? 0) + ledger.estimatedTokens + requestTokens > tokens) return 'max-tokens'
  if (cost === Number.POSITIVE_INFINITY) return undefined
  const spent = config.models.map((model, index) => {
    const { reported, estimatedTokens } = ledger.spendingOf(index)
    return micros(model, { reported, estimatedTokens: estimatedTokens + (index === modelIndex ? requestTokens : 0) })
  })
  return sum(spent) > cost ? 'max-cost' : undefined
}

/** The cost so far, each model at its own prices: bounds while the usage of an attempt is unknown; `undefined` without prices. */
export function costSoFar({ config, ledger }: Spent): Cost | undefined {
  const { models } = config
  const currency = models[0]?.prices?.currency
  if (currency === undefined || models.some(({ prices }) => prices?.currency !== currency)) return undefined
  const atLeast = sum(models.map((model, index) => micros(model, { ...ledger.spendingOf(index), estimatedTokens: 0 })))
  if (atLeast === Number.POSITIVE_INFINITY) return undefined
  if (ledger.usage.unknownAttempts === 0) return { currency, amountMicros: atLeast }
  return { currency, atLeast, atMost: sum(models.map((model, index) => micros(model, ledger.spendingOf(index)))) }
}

/**
 * The tokens of a request. It holds what the last one held, the reply to it and what came since: reported numbers where there are
 * some, an estimate for the rest.
 */
export function estimateRequest({ config, transcript }: Pick<LoopRun, 'config' | 'transcript'>, request: ModelRequest): number {
  const last = transcript.steps.at(-1)
  const known = last?.attempts === 1 ? last.usage.totalTokens : undefined
  if (last === undefined || known === undefined) return estimateTokens([request.instructions, request.tools, request.messages])
  const changed = request.instructions === config.instructions ? 0 : estimateTokens(request.instructions)
  return known + changed + estimateTokens(request.messages.slice(request.messages.lastIndexOf(last.message) + 1))
}

// Infinity where a cost cannot be known: it passes every limit.
function micros({ prices }: ModelFacts, { reported, estimatedTokens }: ModelSpending): number {
  const usage = addUsage(withWrites({ inputTokens: estimatedTokens, outputTokens: 0 }), reported)
  return (prices && costOf(usage, prices)?.amountMicros) ?? Number.POSITIVE_INFINITY
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
