import type { ModelRequest } from '../contract/model.ts'
import { estimateTokens } from '../support/estimate.ts'
import type { LoopRun } from './loop-run.ts'
import { microsOf, type Spender, tokensOf } from './spending.ts'

/** A request that is about to be sent. */
export interface PlannedRequest {
  /** Index of the model that it is sent to: the request is priced as that one. */
  readonly modelIndex: number
  /** Its tokens, estimated; called only where a budget needs them. */
  readonly estimate: () => number
}

/**
 * The budget of tokens or money that a request would pass, of its run or of one that it is a child of: by what was reported so far, by the
 * estimates of requests that never reported or are under way, and by the estimate of the request itself. Checked before every request,
 * retries included.
 */
export function passedBudget(run: Spender, { modelIndex, estimate }: PlannedRequest): 'max-tokens' | 'max-cost' | undefined {
  for (let level: Spender | undefined = run; level !== undefined; level = level.child?.parent) {
    const { tokens, cost } = level.config.limits
    if (tokens === Number.POSITIVE_INFINITY && cost === Number.POSITIVE_INFINITY) continue
    const planned = { run, modelIndex, tokens: estimate() }
    if (tokensOf(level) + planned.tokens > tokens) return 'max-tokens'
    if (cost !== Number.POSITIVE_INFINITY && microsOf(level, planned) > cost) return 'max-cost'
  }
  return undefined
}

/**
 * The tokens of a request. It holds what the last one held, the reply to it and what came since: reported numbers where there are
 * some, an estimate for the rest.
 */
export function estimateRequest({ config, transcript, history }: Pick<LoopRun, 'config' | 'transcript' | 'history'>, request: ModelRequest): number {
  if (history.edits.length > 0) return history.tokens
  const last = transcript.steps.at(-1)
  const known = last?.attempts === 1 ? last.usage.totalTokens : undefined
  if (last === undefined || known === undefined) return estimateTokens([request.instructions, request.tools, request.messages])
  const changed = request.instructions === config.instructions ? 0 : estimateTokens(request.instructions)
  return known + changed + estimateTokens(request.messages.slice(request.messages.lastIndexOf(last.message) + 1))
}
