import { type ResolvedLimits, resolveLimits } from '../../contract/limits.ts'
import { type LoopRun, leftMs } from '../loop-run.ts'
import { microsOf, tokensOf } from '../spending.ts'
import type { ChildAgent } from './child-agent.ts'

/**
 * Divides what a run has left among agents that answer its calls side by side. Each has its own steps and tool calls, and a share of the
 * tokens and the money; where the shares add up to more than all, each gets its part of all. Time is not divided, because they share it.
 *
 * @returns The limits of each of these agents.
 */
export function divideLimits(run: LoopRun, children: readonly ChildAgent[]): (child: ChildAgent) => ResolvedLimits {
  const { tokens, cost } = run.config.limits
  const leftTokens = tokens - tokensOf(run)
  const leftCost = cost === Number.POSITIVE_INFINITY ? cost : cost - microsOf(run, undefined)
  const all = Math.max(1, sum(children.map(({ options: { share } }) => share)))
  return ({ agent, options: { limits, share } }) => {
    const own = resolveLimits(limits, agent.config.limits)
    return {
      ...own,
      tokens: Math.min(own.tokens, part(leftTokens, share / all)),
      cost: Math.min(own.cost, part(leftCost, share / all)),
      durationMs: Math.min(own.durationMs, Math.max(0, leftMs(run) * share)),
    }
  }
}

function part(left: number, share: number): number {
  return left === Number.POSITIVE_INFINITY ? left : Math.max(0, Math.floor(left * share))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
