import type { Message } from '../contract/messages.ts'
import type { ToolDefinition } from '../contract/model.ts'

// DeepSeek documents about 0.3 tokens for an English character and 0.6 for a Chinese one; 0.3 rounds up to a cautious third.
// https://api-docs.deepseek.com/quick_start/token_usage
const charactersPerToken = 3

type Estimable = string | undefined | readonly (Message | ToolDefinition)[]

/** A rough estimate of tokens that no provider has counted yet: a third of the characters. */
export function estimateTokens(value: Estimable | readonly Estimable[]): number {
  return Math.ceil(countCharacters(value) / charactersPerToken)
}

function countCharacters(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? 4 : 0
  let total = 0
  for (const item of Object.values(value)) total += countCharacters(item)
  return total
}
