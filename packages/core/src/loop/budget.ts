import type { ModelRequest } from '../contract/model.ts'
import { addUsage, type Cost, costOf } from '../contract/usage.ts'
import { estimateTokens } from './estimate.ts'
import type { LoopRun } from './loop-run.ts'

/**
 * The budget of tokens or money that this request would pass, by what was reported so far and an estimate for the request itself.
 * Checked before every request, retries included. Keeps the estimate for an attempt that will not report.
 */
export function passedBudget(run: LoopRun, request: ModelRequest, entry: number): 'max-tokens' | 'max-cost' | undefined {
  const { tokens, cost } = run.agent.limits
  // Estimates read the whole history: they are made only where a budget needs them.
  if (tokens === Number.POSITIVE_INFINITY && cost === Number.POSITIVE_INFINITY) return undefined
  run.openTokens = estimateRequest(run, request)
  const estimated = run.unknownTokens + run.openTokens
  if ((run.usage.totalTokens ?? 0) + estimated > tokens) return 'max-tokens'
  return cost !== Number.POSITIVE_INFINITY && spentMicros(run, estimated, entry) > cost ? 'max-cost' : undefined
}

/** The cost so far, each model at its own prices; `undefined` without prices, or while the usage of an attempt is unknown. */
export function costSoFar(run: LoopRun): Cost | undefined {
  const { prices } = run.agent.traits
  if (prices === undefined || run.usage.unknownAttempts > 0) return undefined
  let amountMicros = 0
  for (const [entry, model] of run.agent.models.entries()) {
    const cost = model.traits.prices && costOf({ inputTokens: 0, outputTokens: 0, ...run.usageByEntry[entry] }, model.traits.prices)
    if (cost === undefined) return undefined
    amountMicros += cost.amountMicros
  }
  return { currency: prices.currency, amountMicros }
}

function spentMicros(run: LoopRun, estimatedTokens: number, asked: number): number {
  let amountMicros = 0
  for (const [entry, { traits }] of run.agent.models.entries()) {
    const estimated = { inputTokens: entry === asked ? estimatedTokens : 0, outputTokens: 0 }
    const cost = traits.prices && costOf(addUsage(estimated, run.usageByEntry[entry] ?? {}), traits.prices)
    amountMicros += cost?.amountMicros ?? Number.POSITIVE_INFINITY
  }
  return amountMicros
}

// A request holds what the last one held, its answer and what came since: reported numbers where there are some.
function estimateRequest(run: LoopRun, request: ModelRequest): number {
  const last = run.steps.at(-1)
  const known = last?.attempts === 1 ? last.usage.totalTokens : undefined
  if (last === undefined || known === undefined) return estimateTokens([request.instructions, request.tools, request.messages])
  const changed = request.instructions === run.agent.instructions ? 0 : estimateTokens(request.instructions)
  return known + changed + estimateTokens(request.messages.slice(request.messages.lastIndexOf(last.message) + 1))
}
