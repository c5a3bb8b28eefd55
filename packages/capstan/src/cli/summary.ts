import type { RunResult } from '@capstan/core'
import { count } from './terminal/count.ts'
import { type ShownText, say } from './terminal/shown-text.ts'

/** One line about a run for people: steps, tool calls, tokens, cost or why it is unknown, time, and how the run ended. */
export function summarise(result: RunResult, ending: string = result.stopReason): ShownText {
  const { steps, toolCalls, usage, activeMs } = result
  const tokens = `${known(usage.inputTokens)} in (${known(usage.cachedInputTokens)} cached), ${known(usage.outputTokens)} out (${known(usage.reasoningTokens)} reasoning)`
  const parts = [
    count(steps.length, 'step'),
    count(toolCalls, 'tool call'),
    `tokens: ${tokens}`,
    costText(result),
    `${(activeMs / 1_000).toFixed(2)} s`,
    ending,
  ]
  return say`${parts.join(' · ')}`
}

function known(tokens: number | undefined): string {
  return tokens === undefined ? 'unknown' : tokens.toLocaleString('en-US')
}

function costText({ cost, usage, steps }: RunResult): string {
  if (cost?.amountMicros !== undefined) return `cost ${money(cost.amountMicros)} ${cost.currency}`
  const silent = `${count(usage.unknownAttempts, 'request')} reported no usage`
  if (cost !== undefined) return `cost ${money(cost.atLeast)} to ${money(cost.atMost)} ${cost.currency} (${silent})`
  if (usage.unknownAttempts > 0) return `cost unknown (${silent})`
  if (steps.length === 0) return 'no cost'
  return `cost unknown (no prices for ${[...new Set(steps.map(({ model }) => model))].join(', ')})`
}

function money(micros: number): string {
  return (micros / 1_000_000).toFixed(6)
}
