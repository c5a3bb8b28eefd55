import type { ParameterRule } from './parameters.ts'
import type { ModelProfile } from './profile.ts'
import { deepseekToolNames, kimiStop, kimiThreeToolNames, kimiToolNames, penalty, unlisted } from './rules.ts'
import type { Source } from './source.ts'

const kimiPage: Source = { url: 'https://docs.evolink.ai/cn/api-manual/language-series/kimi-k2/Kimi-K2-api', read: '2026-11-21' }
const kimiThreePage: Source = { url: 'https://docs.evolink.ai/cn/api-manual/language-series/kimi-k3/kimi-k3-chat', read: '2026-11-21' }
const flavourPage: Source = { url: 'https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md', read: '2026-11-21' }
const leakPage: Source = { url: 'https://github.com/MoonshotAI/K2-Vendor-Verifier', read: '2026-11-21' }
const deepseekPage: Source = { url: 'https://docs.evolink.ai/cn/api-manual/language-series/deepseek/deepseek-reference', read: '2026-11-21' }

/** Kimi K2 Thinking on Evolink: always thinks, takes images, supports partial mode. */
export const evolinkKimi: ModelProfile = {
  endpoint: 'evolink',
  models: ['kimi-k2-thinking', 'kimi-k2-thinking-turbo'],
  source: kimiPage,
  parameters: {
    temperature: { min: 0, max: 2, default: 1, note: '1.0 is recommended' },
    topP: { min: 0, max: 1, default: 1, note: 'not together with `temperature`: a warning' },
    topK: { min: 1 },
    n: { max: 5, default: 1, note: 'only 1 with a temperature below 0.01; an agent takes only 1' },
    maxOutputTokens: { note: 'small values truncate: reasoning counts' },
    presencePenalty: penalty,
    frequencyPenalty: penalty,
    stopSequences: kimiStop,
    responseFormat: {
      default: 'text',
      note: 'the prompt must ask for JSON; not with partial mode',
    },
    logprobs: unlisted(),
    topLogprobs: unlisted(),
    thinking: unlisted('the model always thinks; its page does not list it'),
  },
  sources: { schemas: flavourPage, recovers: leakPage },
  thinks: 'always',
  schemas: 'mfjs',
  recovers: ['text', 'reasoning'],
  warnsOfBothSamplings: true,
  // The page says only "near 0"; this threshold is Capstan's.
  singleCandidateBelow: 0.01,
  jsonModeNeedsWord: true,
  tools: { allowed: true, names: kimiToolNames },
  toolChoice: { values: ['auto', 'none', 'required'], onlyWhenAsked: true },
  streamUsage: 'try',
  reasoning: { field: 'reasoning_content', passBack: 'always' },
  images: true,
  partial: true,
  emptyContent: 'omit',
  cachedTokensAt: 'usage.prompt_tokens_details.cached_tokens',
  clocks: { firstContentMs: 300_000 },
  notes: [
    'The page lists neither `tool_choice` nor `stream_options`. `tool_choice` is sent only when the caller asks for it; `stream_options` is sent until the endpoint refuses it with 400, and left out for that endpoint and model afterwards.',
    'Reasoning is sent back byte for byte, and as an empty string with a tool call that had none: Moonshot responds with 400 without it (https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model, 2026-11-21).',
  ],
}

/** Kimi K3 on Evolink: always thinks, one effort. */
export const evolinkKimiThree: ModelProfile = {
  endpoint: 'evolink',
  models: ['kimi-k3'],
  source: kimiThreePage,
  sources: { schemas: flavourPage, recovers: leakPage },
  parameters: {
    temperature: unlisted(),
    topP: unlisted(),
    topK: unlisted(),
    n: unlisted(),
    maxOutputTokens: { wire: 'max_completion_tokens', max: 1_048_576, default: 131_072, note: 'reasoning counts' },
    presencePenalty: unlisted(),
    frequencyPenalty: unlisted(),
    stopSequences: unlisted(),
    responseFormat: unlisted(),
    logprobs: unlisted(),
    topLogprobs: unlisted(),
    thinking: unlisted('the model always thinks; its page does not list it'),
    reasoningEffort: { kind: 'choice', values: ['max'], note: 'the vendor also accepts `low` and `high`; the page lists only `max`' },
  },
  thinks: 'always',
  schemas: 'mfjs',
  recovers: ['text', 'reasoning'],
  tools: { allowed: true, names: kimiThreeToolNames },
  toolChoice: { values: ['auto', 'none', 'required'] },
  streamUsage: 'yes',
  reasoning: { field: 'reasoning_content', passBack: 'always', flips: true },
  images: true,
  partial: false,
  emptyContent: 'omit',
  cachedTokensAt: 'usage.prompt_tokens_details.cached_tokens',
  clocks: { firstContentMs: 300_000 },
  context: { tokens: 1_048_576, maxOutputTokens: 1_048_576 },
  notes: ['The page requires the complete assistant message to be sent back, reasoning included.'],
}

const deepseekShared = {
  maxOutputTokens: { note: 'when it is not set, the model decides' },
  presencePenalty: penalty,
  frequencyPenalty: penalty,
  stopSequences: { maxItems: 16 },
  logprobs: { default: false },
  topLogprobs: {},
  topK: unlisted(),
  n: unlisted(undefined, 'ask several times, or send it unchecked with `extraBody`'),
} as const satisfies ModelProfile['parameters']

/** deepseek-chat on Evolink. */
export const evolinkDeepseekChat: ModelProfile = {
  endpoint: 'evolink',
  models: ['deepseek-chat'],
  source: deepseekPage,
  parameters: {
    temperature: { min: 0, max: 2, default: 1 },
    topP: { min: 0, max: 1, default: 1, note: 'not together with `temperature`: a warning' },
    responseFormat: {
      note: 'the prompt must contain the word JSON (https://api-docs.deepseek.com/guides/json_mode)',
    },
    thinking: { note: 'beta; sent only when set' },
    ...deepseekShared,
  },
  thinks: 'when-enabled',
  recovers: ['text'],
  warnsOfBothSamplings: true,
  jsonModeNeedsWord: true,
  tools: { allowed: true, names: deepseekToolNames },
  toolChoice: { values: ['auto', 'none', 'required'] },
  streamUsage: 'yes',
  reasoning: { field: 'reasoning_content', passBack: 'present', flips: true },
  images: false,
  partial: false,
  emptyContent: '',
  cachedTokensAt: 'usage.prompt_cache_hit_tokens (with usage.prompt_cache_miss_tokens)',
  clocks: { firstContentMs: 300_000 },
  finishWords: { insufficient_system_resource: 'overloaded' },
}

const reasonerRefusal = 'the page says that it is rejected upstream'

function refusedByReasoner(instead: string): ParameterRule {
  return { kind: 'refused', because: reasonerRefusal, instead }
}

/** deepseek-reasoner on Evolink: no sampling parameters, no tools, no response format. */
export const evolinkDeepseekReasoner: ModelProfile = {
  endpoint: 'evolink',
  models: ['deepseek-reasoner'],
  source: deepseekPage,
  parameters: {
    temperature: refusedByReasoner('leave it out, or use deepseek-chat'),
    topP: refusedByReasoner('leave it out, or use deepseek-chat'),
    responseFormat: refusedByReasoner('ask for JSON in the prompt, or use deepseek-chat'),
    thinking: { note: 'beta' },
    ...deepseekShared,
  },
  thinks: 'always',
  tools: { allowed: false, because: reasonerRefusal, names: deepseekToolNames },
  toolChoice: { values: ['auto', 'none', 'required'] },
  streamUsage: 'yes',
  reasoning: { field: 'reasoning_content', passBack: 'strip', flips: true },
  images: false,
  partial: false,
  emptyContent: '',
  cachedTokensAt: 'usage.prompt_cache_hit_tokens (with usage.prompt_cache_miss_tokens)',
  clocks: { firstContentMs: 600_000 },
  finishWords: { insufficient_system_resource: 'overloaded' },
  notes: [
    'Reasoning of earlier replies is not sent back. A 400 that names the field reverses that once, for that endpoint and model: DeepSeek required both at different times (https://api-docs.deepseek.com/guides/reasoning_model, https://api-docs.deepseek.com/guides/thinking_mode, 2026-11-21).',
    "`toolProtocol: 'text'` gives the model its tools as text (docs/text-tools.md).",
    '`allowTools: true` sends tools and `tool_choice` anyway: the vendor accepts them, although the page of the endpoint says that they are rejected.',
  ],
}

/** The profiles of all models that the pages of Evolink define. */
export const evolinkProfiles: readonly ModelProfile[] = [evolinkKimi, evolinkKimiThree, evolinkDeepseekChat, evolinkDeepseekReasoner]
