import type { Json, Usage } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/**
 * Reads a usage object of chat completions, at all the places where servers put their counts. What is not a whole number >= 0 is unknown.
 *
 * Cached input tokens: `cached_tokens` (Moonshot), `prompt_tokens_details.cached_tokens` (Moonshot, OpenAI),
 * `prompt_cache_hit_tokens` (DeepSeek). Reasoning tokens: `completion_tokens_details.reasoning_tokens`, or flat.
 *
 * @see https://api-docs.deepseek.com/api/create-chat-completion
 */
export function decodeUsage(value: Json | undefined): Usage | undefined {
  if (!isJsonObject(value)) return undefined
  const promptDetails = value['prompt_tokens_details']
  const completionDetails = value['completion_tokens_details']
  const hit = count(value['prompt_cache_hit_tokens'])
  const miss = count(value['prompt_cache_miss_tokens'])
  const inputTokens = count(value['prompt_tokens']) ?? (hit !== undefined && miss !== undefined ? hit + miss : undefined)
  const cachedInputTokens = count(value['cached_tokens']) ?? (isJsonObject(promptDetails) ? count(promptDetails['cached_tokens']) : undefined) ?? hit
  const outputTokens = count(value['completion_tokens'])
  const reasoningTokens = (isJsonObject(completionDetails) ? count(completionDetails['reasoning_tokens']) : undefined) ?? count(value['reasoning_tokens'])
  const totalTokens = count(value['total_tokens'])
  return {
    ...(inputTokens !== undefined && { inputTokens }),
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
    ...(totalTokens !== undefined && { totalTokens }),
  }
}

function count(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
