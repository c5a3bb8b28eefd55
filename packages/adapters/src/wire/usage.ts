import type { Json, JsonObject, Usage } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'

/**
 * Reads a usage object of chat completions, in all fields where servers put their counts. What is not an integer >= 0 is unknown, and
 * so is everything when all counts are 0: no request has an empty prompt.
 *
 * - Cached input tokens: `cached_tokens` (Moonshot), `prompt_tokens_details.cached_tokens` (OpenAI, Moonshot), `prompt_cache_hit_tokens`
 *   (DeepSeek), `num_cached_tokens` and `prompt_token_details` (Mistral). Servers that report two of them report 0 in the unused one.
 * - Tokens written to the cache: `prompt_tokens_details.cache_write_tokens` (OpenAI), `cache_creation_input_tokens` (Qwen). They are part
 *   of the prompt tokens. DeepSeek and Moonshot document no such count.
 * - Reasoning tokens: `completion_tokens_details.reasoning_tokens`, or flat.
 * - Output tokens that `completion_tokens` leaves out, as xAI and Gemini do with reasoning, are found by the total.
 *
 * @see https://api-docs.deepseek.com/api/create-chat-completion
 * @see https://docs.x.ai/docs/guides/reasoning
 * @see https://docs.mistral.ai/api
 * @see https://platform.openai.com/docs/guides/prompt-caching
 */
export function decodeUsage(value: Json | undefined): Usage | undefined {
  if (!isJsonObject(value)) return undefined
  const hit = count(value['prompt_cache_hit_tokens'])
  const miss = count(value['prompt_cache_miss_tokens'])
  const inputTokens = count(value['prompt_tokens']) ?? count(value['input_tokens']) ?? (hit !== undefined && miss !== undefined ? hit + miss : undefined)
  const cached = [value['cached_tokens'], inside(value, 'prompt_tokens_details', 'cached_tokens'), hit, value['num_cached_tokens']]
  const cachedInputTokens = firstCount([...cached, inside(value, 'prompt_token_details', 'cached_tokens')])
  const written = ['cache_write_tokens', 'cache_creation_input_tokens'].map((name) => inside(value, 'prompt_tokens_details', name))
  const cacheWriteTokens = firstCount(written)
  const reasoningTokens = firstCount([inside(value, 'completion_tokens_details', 'reasoning_tokens'), value['reasoning_tokens']])
  const totalTokens = count(value['total_tokens'])
  const reported = count(value['completion_tokens']) ?? count(value['output_tokens'])
  const outputTokens = completeOutput({ inputTokens, outputTokens: reported, reasoningTokens, totalTokens })
  const usage = { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens, reasoningTokens, totalTokens }
  const known = Object.entries(usage).filter(([, tokens]) => tokens !== undefined)
  return known.some(([, tokens]) => tokens !== 0) ? Object.fromEntries(known) : {}
}

/**
 * Joins what a stream reports more than once: the later count holds, but a later 0, or a count that is no longer there, does not
 * replace what was counted before.
 */
export function joinUsage(before: Usage | undefined, later: Usage): Usage {
  if (before === undefined) return later
  const counted = Object.entries(later).filter(([name, tokens]) => tokens !== 0 || before[name as keyof Usage] === undefined)
  return { ...before, ...Object.fromEntries(counted) }
}

type Counts = { readonly [Name in 'inputTokens' | 'outputTokens' | 'reasoningTokens' | 'totalTokens']: number | undefined }

/** The output tokens including reasoning that was reported beside them, which the total, or more reasoning than output, reveals. */
function completeOutput({ inputTokens, outputTokens, reasoningTokens, totalTokens }: Counts): number | undefined {
  if (outputTokens === undefined) return undefined
  const beside = totalTokens === undefined || inputTokens === undefined ? 0 : totalTokens - inputTokens - outputTokens
  if (beside > 0 && beside >= (reasoningTokens ?? 0)) return outputTokens + beside
  return reasoningTokens !== undefined && reasoningTokens > outputTokens ? outputTokens + reasoningTokens : outputTokens
}

function inside(value: JsonObject, field: string, name: string): Json | undefined {
  const details = value[field]
  return isJsonObject(details) ? details[name] : undefined
}

/** The first count that is not 0, else the first at all. */
function firstCount(values: readonly (Json | undefined)[]): number | undefined {
  const counts = values.map(count).filter((tokens) => tokens !== undefined)
  return counts.find((tokens) => tokens > 0) ?? counts[0]
}

function count(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}
