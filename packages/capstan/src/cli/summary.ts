import type { RunResult } from '@capstan/core'

/** One line for people about a run: steps, tool calls, tokens, cost or why it is unknown, time, stop reason or error code. */
export function summarise(result: RunResult, modelId: string, ending: string = result.stopReason): string {
  const { steps, toolCalls, usage, activeMs } = result
  return [
    count(steps.length, 'step'),
    count(toolCalls, 'tool call'),
    `tokens: ${known(usage.inputTokens)} in (${known(usage.cachedInputTokens)} cached), ${known(usage.outputTokens)} out (${known(usage.reasoningTokens)} reasoning)`,
    costText(result, modelId),
    `${(activeMs / 1_000).toFixed(2)} s`,
    ending,
  ].join(' · ')
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

function known(tokens: number | undefined): string {
  return tokens === undefined ? 'unknown' : tokens.toLocaleString('en-US')
}

function costText({ cost, usage }: RunResult, modelId: string): string {
  if (cost !== undefined) return `cost ${(cost.amountMicros / 1_000_000).toFixed(6)} ${cost.currency}`
  if (usage.unknownAttempts > 0) return `cost unknown (${count(usage.unknownAttempts, 'request')} reported no usage)`
  return `cost unknown (no prices for ${modelId})`
}
