import type { ModelProfile, ParameterRule, Source } from './profile.ts'

const kimiPage: Source = { url: 'https://docs.evolink.ai/cn/api-manual/language-series/kimi-k2/Kimi-K2-api', read: '2026-11-21' }
const deepseekPage: Source = { url: 'https://docs.evolink.ai/cn/api-manual/language-series/deepseek/deepseek-reference', read: '2026-11-21' }

const penalty = { kind: 'number', min: -2, max: 2, default: 0 } as const
const notOnPage = 'the page of the model does not list it'
const byExtraBody = 'leave it out, or send it unchecked with `extraBody`'

function unlisted(wire: string): ParameterRule {
  return { kind: 'refused', wire, because: notOnPage, instead: byExtraBody }
}

/** Kimi K2 Thinking on Evolink: always thinks, takes images, knows partial mode. */
export const evolinkKimi: ModelProfile = {
  endpoint: 'evolink',
  models: ['kimi-k2-thinking', 'kimi-k2-thinking-turbo'],
  source: kimiPage,
  parameters: {
    temperature: { kind: 'number', wire: 'temperature', min: 0, max: 2, default: 1, note: '1.0 is recommended' },
    topP: { kind: 'number', wire: 'top_p', min: 0, max: 1, default: 1, note: 'not together with `temperature`: a warning' },
    topK: { kind: 'integer', wire: 'top_k', min: 1 },
    n: { kind: 'integer', wire: 'n', min: 1, max: 5, default: 1, note: 'only 1 with a temperature below 0.01; an agent takes only 1' },
    maxOutputTokens: { kind: 'integer', wire: 'max_tokens', min: 1, note: 'small values truncate: reasoning counts' },
    presencePenalty: { ...penalty, wire: 'presence_penalty' },
    frequencyPenalty: { ...penalty, wire: 'frequency_penalty' },
    stop: { kind: 'strings', wire: 'stop', maxItems: 5, maxBytesEach: 32 },
    responseFormat: {
      kind: 'choice',
      wire: 'response_format',
      values: ['text', 'json_object'],
      asType: true,
      default: 'text',
      note: 'the prompt must ask for JSON; not with partial mode',
    },
    logprobs: unlisted('logprobs'),
    topLogprobs: unlisted('top_logprobs'),
    thinking: { kind: 'refused', wire: 'thinking', because: 'the model always thinks; its page does not list it', instead: byExtraBody },
  },
  warnsOfBothSamplings: true,
  // "Near 0" on the page is not a number; the threshold is ours.
  singleCandidateBelow: 0.01,
  jsonModeNeedsWord: true,
  tools: { allowed: true, max: 128 },
  toolChoice: { values: ['auto', 'none', 'required'], onlyWhenAsked: true },
  streamUsage: 'try',
  reasoning: { field: 'reasoning_content', passBack: 'always' },
  images: true,
  partial: true,
  emptyContent: 'omit',
  cachedTokensAt: 'usage.prompt_tokens_details.cached_tokens',
  clocks: { firstContentMs: 300_000 },
  notes: [
    'The page lists neither `tool_choice` nor `stream_options`. `tool_choice` is sent only when the caller asks for it; `stream_options` is tried and, once refused with 400, left out for that endpoint and model.',
    'Reasoning is sent back byte for byte, and as an empty string with a tool call that had none: Moonshot answers 400 without it (https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model, 2026-11-21).',
  ],
}

const deepseekShared = {
  maxOutputTokens: { kind: 'integer', wire: 'max_tokens', min: 1, note: 'unset: the model decides' },
  presencePenalty: { ...penalty, wire: 'presence_penalty' },
  frequencyPenalty: { ...penalty, wire: 'frequency_penalty' },
  stop: { kind: 'strings', wire: 'stop', maxItems: 16 },
  logprobs: { kind: 'boolean', wire: 'logprobs', default: false },
  topLogprobs: { kind: 'integer', wire: 'top_logprobs', min: 0, max: 20, note: 'needs `logprobs: true`' },
  topK: unlisted('top_k'),
  n: { kind: 'refused', wire: 'n', because: notOnPage, instead: 'ask several times, or send it unchecked with `extraBody`' },
} as const satisfies ModelProfile['parameters']

/** deepseek-chat on Evolink. */
export const evolinkDeepseekChat: ModelProfile = {
  endpoint: 'evolink',
  models: ['deepseek-chat'],
  source: deepseekPage,
  parameters: {
    temperature: { kind: 'number', wire: 'temperature', min: 0, max: 2, default: 1 },
    topP: { kind: 'number', wire: 'top_p', min: 0, max: 1, default: 1, note: 'not together with `temperature`: a warning' },
    responseFormat: {
      kind: 'choice',
      wire: 'response_format',
      values: ['text', 'json_object'],
      asType: true,
      note: 'the prompt must contain the word JSON (https://api-docs.deepseek.com/guides/json_mode)',
    },
    thinking: { kind: 'choice', wire: 'thinking', values: ['enabled', 'disabled'], asType: true, note: 'beta; sent only when set' },
    ...deepseekShared,
  },
  warnsOfBothSamplings: true,
  jsonModeNeedsWord: true,
  tools: { allowed: true, max: 128 },
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

function refusedByReasoner(wire: string, instead: string): ParameterRule {
  return { kind: 'refused', wire, because: reasonerRefusal, instead }
}

/** deepseek-reasoner on Evolink: no sampling parameters, no tools, no response format. */
export const evolinkDeepseekReasoner: ModelProfile = {
  endpoint: 'evolink',
  models: ['deepseek-reasoner'],
  source: deepseekPage,
  parameters: {
    temperature: refusedByReasoner('temperature', 'leave it out, or use deepseek-chat'),
    topP: refusedByReasoner('top_p', 'leave it out, or use deepseek-chat'),
    responseFormat: refusedByReasoner('response_format', 'ask for JSON in the prompt, or use deepseek-chat'),
    thinking: { kind: 'choice', wire: 'thinking', values: ['enabled', 'disabled'], asType: true, note: 'beta' },
    ...deepseekShared,
  },
  tools: { allowed: false, because: reasonerRefusal, max: 128 },
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
    'Reasoning of earlier answers is not sent back; a 400 that names the field turns that round once, for that endpoint and model: DeepSeek asked for both at different times (https://api-docs.deepseek.com/guides/reasoning_model, https://api-docs.deepseek.com/guides/thinking_mode, 2026-11-21).',
    '`allowTools: true` sends tools and tool choice all the same: the vendor takes them, the page of the endpoint says it does not.',
  ],
}

/** The profiles of all models that the two pages of Evolink define. */
export const evolinkProfiles: readonly ModelProfile[] = [evolinkKimi, evolinkDeepseekChat, evolinkDeepseekReasoner]
