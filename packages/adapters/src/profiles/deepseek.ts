import type { ModelProfile } from './profile.ts'
import { deepseekToolNames, penalty, unlisted } from './rules.ts'
import type { Source } from './source.ts'

const read = '2026-11-21'
const completions: Source = { url: 'https://api-docs.deepseek.com/api/create-chat-completion', read }
const thinking: Source = { url: 'https://api-docs.deepseek.com/guides/thinking_mode', read }
const toolCalls: Source = { url: 'https://api-docs.deepseek.com/guides/tool_calls', read }
const pricing: Source = { url: 'https://api-docs.deepseek.com/quick_start/pricing', read }
const limits: Source = { url: 'https://api-docs.deepseek.com/quick_start/rate_limit', read }
const caching: Source = { url: 'https://api-docs.deepseek.com/guides/kv_cache', read }
const recorded: Source = { url: 'https://github.com/0xPlaygrounds/rig/tree/main/tests/cassettes/deepseek', read }

/** The base URL of DeepSeek's own endpoint. */
export const deepseekURL = 'https://api.deepseek.com'

const shared = {
  endpoint: 'deepseek',
  source: completions,
  sources: {
    thinks: thinking,
    reasoning: thinking,
    toolChoice: recorded,
    strictTools: toolCalls,
    prices: pricing,
    context: pricing,
    clocks: limits,
    cache: caching,
  },
  parameters: {
    temperature: {
      min: 0,
      max: 2,
      default: 1,
      idleWhileThinking: true,
      note: 'no effect while thinking',
      source: thinking,
    },
    topP: { min: 0, max: 1, default: 1, note: 'while thinking clamped or ignored, by model; pages differ', source: thinking },
    topK: unlisted(),
    n: unlisted(undefined, 'ask several times, or send it unchecked with `extraBody`'),
    maxOutputTokens: { max: 393_216, note: 'reasoning counts', source: pricing },
    presencePenalty: { ...penalty, idleWhileThinking: true, note: 'deprecated; no effect while thinking', source: thinking },
    frequencyPenalty: { ...penalty, idleWhileThinking: true, note: 'deprecated; no effect while thinking', source: thinking },
    stopSequences: { maxItems: 16 },
    responseFormat: {
      note: 'the prompt must contain the word JSON; the reply may be empty; a JSON Schema is refused with 400',
      source: { url: 'https://api-docs.deepseek.com/guides/json_mode', read },
    },
    logprobs: { default: false, note: 'also while thinking', source: recorded },
    topLogprobs: {},
    thinking: { default: 'enabled', source: thinking },
    reasoningEffort: { kind: 'choice', values: ['low', 'high', 'max'], default: 'high', source: thinking },
    userId: {
      wire: 'user_id',
      pattern: '[A-Za-z0-9_-]{1,512}',
      note: 'the cache is separate for each value, so keep it the same for one user',
      source: limits,
    },
  },
  thinks: 'unless-disabled',
  jsonModeNeedsWord: true,
  tools: { allowed: true, names: deepseekToolNames },
  toolChoice: { values: ['auto', 'none', 'required'], whileThinking: ['auto', 'none'] },
  strictTools: { baseURL: `${deepseekURL}/beta`, schemas: 'deepseek-strict' },
  streamUsage: 'yes',
  reasoning: { field: 'reasoning_content', passBack: 'always', flips: true },
  partial: false,
  emptyContent: '',
  finishWords: { insufficient_system_resource: 'overloaded' },
  cachedTokensAt: 'usage.prompt_cache_hit_tokens (with usage.prompt_cache_miss_tokens)',
  clocks: { firstContentMs: 600_000, queuedMs: 600_000 },
  context: { tokens: 1_048_576, maxOutputTokens: 393_216 },
  cache: { lifetimeMs: 7_200_000, renew: true, note: 'the page says a few hours to a few days after the last use' },
  priceNote:
    'prices of peak hours (Monday to Friday 01:00 to 04:00 and 06:00 to 10:00 UTC, except Chinese holidays), which are an upper bound: other hours cost half. The page gives CNY (2, 0.04 and 8; 9, 0.3 and 27); the dollar amounts are reports of October 2026',
  notes: [
    'With thinking, a forced tool choice is refused: `Thinking mode does not support this tool_choice` (recorded). `required` is accepted only with `thinking: "disabled"`.',
    'The finish chunk contains the usage and `[DONE]` ends the stream. While a request waits, for at most 10 minutes, the server sends `: keep-alive` comments.',
    'Capstan does not support partial mode (`prefix: true` on the `/beta` base URL).',
  ],
} as const satisfies Omit<ModelProfile, 'models' | 'images' | 'prices'>

/** deepseek-flash: V4.1 Flash at the time of reading. Takes images. */
export const deepseekFlash: ModelProfile = {
  ...shared,
  models: ['deepseek-flash'],
  images: true,
  prices: { currency: 'USD', input: 300_000, cachedInput: 6_000, output: 1_200_000 },
}

/** deepseek-v4-pro. Takes only text. */
export const deepseekPro: ModelProfile = {
  ...shared,
  models: ['deepseek-v4-pro'],
  images: false,
  prices: { currency: 'USD', input: 1_320_000, cachedInput: 44_000, output: 3_960_000 },
}

/** The profiles of DeepSeek's own endpoint. */
export const deepseekProfiles: readonly ModelProfile[] = [deepseekFlash, deepseekPro]

/** The models of DeepSeek's own endpoint that have a profile. */
export type DeepseekModelId = 'deepseek-flash' | 'deepseek-v4-pro'
