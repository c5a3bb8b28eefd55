import type { MoonshotEffortSettings, MoonshotSettings, MoonshotSwitchSettings } from '../settings.ts'
import type { ParameterRule } from './parameters.ts'
import type { CacheRule, ModelProfile } from './profile.ts'
import { kimiStop, kimiThreeToolNames, kimiToolNames, locked, unlisted } from './rules.ts'
import type { Source } from './source.ts'

const read = '2026-11-21'
const chat: Source = { url: 'https://platform.moonshot.ai/docs/api/chat', read }
const overview: Source = { url: 'https://platform.kimi.com/docs/api/models-overview', read }
const thinkingGuide: Source = { url: 'https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model', read }
const verifier: Source = { url: 'https://github.com/MoonshotAI/Kimi-Vendor-Verifier', read }
const flavour: Source = { url: 'https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md', read }
const prices: Source = { url: 'https://github.com/anomalyco/models.dev/tree/dev/providers/moonshotai/models', read: '2026-07-02' }

const cachePrices: Source = { url: 'https://docs.apiyi.com/api-capabilities/kimi-k3-1/overview.md', read: '2026-11-28' }
const cacheTiers: Source = { url: 'https://github.com/MoonshotAI/kimi-code/issues/3942', read: '2026-11-28' }

/** The base URLs of Moonshot's two services. */
export const moonshotURLs = { intl: 'https://api.moonshot.ai/v1', cn: 'https://api.moonshot.cn/v1' } as const

function refusedThinking(because: string): ParameterRule {
  return { kind: 'refused', because, instead: 'leave it out', source: overview }
}

const shared = {
  endpoint: 'moonshot',
  source: chat,
  sources: { schemas: flavour, prices, reasoning: thinkingGuide, toolChoice: verifier, thinks: overview, context: overview },
  tools: { allowed: true, names: kimiToolNames },
  schemas: 'mfjs',
  jsonSchema: true,
  jsonModeNeedsWord: true,
  streamUsage: 'yes',
  reasoning: { field: 'reasoning_content', passBack: 'always', flips: true },
  images: 'inline',
  partial: true,
  emptyContent: 'omit',
  needsDone: true,
  cachedTokensAt: 'usage.cached_tokens',
  clocks: { headersMs: 900_000, firstContentMs: 900_000 },
  keyHint: 'Keys of api.moonshot.ai and of api.moonshot.cn are not interchangeable: see `region`.',
} as const satisfies Partial<ModelProfile>

const parameters = {
  temperature: locked('1.0', overview),
  topP: locked('0.95', overview),
  topK: unlisted('the endpoint does not support it'),
  n: locked('1', overview),
  maxOutputTokens: { wire: 'max_completion_tokens', note: 'at least 16000 is recommended: reasoning counts', source: thinkingGuide },
  presencePenalty: locked('0', overview),
  frequencyPenalty: locked('0', overview),
  stopSequences: kimiStop,
  responseFormat: {
    default: 'text',
    note: 'the prompt must ask for JSON; not with partial mode; `output` sends a JSON Schema',
  },
  logprobs: unlisted('the endpoint does not support it'),
  topLogprobs: unlisted('the endpoint does not support it'),
  promptCacheKey: { note: 'the same value for all requests of a session gives more cache hits' },
  safetyIdentifier: { note: 'instead of `user`' },
} as const satisfies ModelProfile['parameters']

const whileThinking = { values: ['auto', 'none', 'required'], whileThinking: ['auto', 'none'] } as const

const streamNotes = [
  'Usage is in `choices[0].usage` of the finish chunk, and again in a separate chunk; only `[DONE]` ends the stream. The server sends no keep-alives; its gateway times out after 900 s.',
]

/** kimi-k2.6: thinks unless `thinking` is disabled. */
export const moonshotSwitch: ModelProfile = {
  ...shared,
  models: ['kimi-k2.6'],
  parameters: {
    ...parameters,
    temperature: locked('1.0, or 0.6 without thinking', overview),
    thinking: { default: 'enabled', source: overview },
    keepReasoning: {
      default: false,
      note: 'keeps the reasoning of earlier replies in the context of the model',
      source: verifier,
    },
  },
  thinks: 'unless-disabled',
  toolChoice: whileThinking,
  context: { tokens: 262_144 },
  prices: { currency: 'USD', input: 950_000, cachedInput: 160_000, output: 4_000_000 },
  notes: streamNotes,
}

const codeNotes = [...streamNotes, 'Images are refused, because the pages of the vendor contradict each other.']

/** kimi-k2.7-code: always thinks, keeps all reasoning in its context. */
export const moonshotCode: ModelProfile = {
  ...shared,
  models: ['kimi-k2.7-code'],
  parameters: { ...parameters, thinking: refusedThinking('the model always thinks, and its page says that the parameter must not be sent') },
  thinks: 'always',
  toolChoice: whileThinking,
  images: false,
  context: { tokens: 262_144 },
  prices: { currency: 'USD', input: 950_000, cachedInput: 190_000, output: 4_000_000 },
  notes: codeNotes,
}

/** kimi-k2.7-code-highspeed: the same, faster, at twice the price. */
export const moonshotCodeFast: ModelProfile = {
  ...moonshotCode,
  models: ['kimi-k2.7-code-highspeed'],
  prices: { currency: 'USD', input: 1_900_000, cachedInput: 380_000, output: 8_000_000 },
}

/** A prompt is kept for 5 minutes, or for an hour at this price of writing it. */
function cacheFor(hourWrite: number): CacheRule {
  return { lifetimeMs: 300_000, renew: true, ttls: { '1h': { lifetimeMs: 3_600_000, cacheWrite: hourWrite } } }
}

/** kimi-k3: always thinks, with an effort; takes a forced tool choice. */
export const moonshotEffort: ModelProfile = {
  ...shared,
  sources: { ...shared.sources, prices: overview, cache: cacheTiers },
  models: ['kimi-k3'],
  parameters: {
    ...parameters,
    maxOutputTokens: { wire: 'max_completion_tokens', max: 1_048_576, default: 131_072, note: 'reasoning counts', source: overview },
    thinking: refusedThinking('the model always thinks; `reasoningEffort` sets how much'),
    reasoningEffort: { kind: 'choice', values: ['low', 'high', 'max'], default: 'max', source: overview },
    promptCacheTtl: { default: '5m', note: '`1h` doubles the price of cache writes', source: cacheTiers },
  },
  thinks: 'always',
  tools: { ...shared.tools, names: kimiThreeToolNames },
  toolChoice: { values: ['auto', 'none', 'required'] },
  context: { tokens: 1_048_576, maxOutputTokens: 1_048_576 },
  cache: cacheFor(6_000_000),
  prices: { currency: 'USD', input: 3_000_000, cachedInput: 300_000, cacheWrite: 3_000_000, output: 15_000_000 },
  priceNote: 'from third-party comparisons of late 2026',
  notes: [
    ...streamNotes,
    'A named tool choice is never sent: sources contradict each other on whether it is accepted, refused or ignored.',
    'Cache writes are billed, and no page lists a count of them in the usage: all input tokens that the cache did not serve count as written.',
  ],
}

/** kimi-k3.1-pro: kimi-k3 after further training. */
export const moonshotPro: ModelProfile = {
  ...moonshotEffort,
  models: ['kimi-k3.1-pro'],
  sources: { ...moonshotEffort.sources, prices: cachePrices },
  cache: cacheFor(4_000_000),
  prices: { currency: 'USD', input: 2_000_000, cachedInput: 200_000, cacheWrite: 2_000_000, output: 10_000_000 },
  priceNote: 'a reseller that says it takes the prices of the endpoint; it could not confirm that an hour is kept',
}

/** kimi-k3.1-pro-highspeed: the same, faster, at twice the price, except for what the cache serves. */
export const moonshotProFast: ModelProfile = {
  ...moonshotPro,
  models: ['kimi-k3.1-pro-highspeed'],
  cache: cacheFor(8_000_000),
  prices: { currency: 'USD', input: 4_000_000, cachedInput: 200_000, cacheWrite: 4_000_000, output: 20_000_000 },
}

/** Any other model of the endpoint: what holds for all of its models applies; its parameters are unknown and pass unchecked. */
export const moonshotOther: Omit<ModelProfile, 'models' | 'parameters'> = { ...shared, toolChoice: { values: ['auto', 'none'] }, jsonSchema: false }

/** The profiles of Moonshot's own endpoint. */
export const moonshotProfiles: readonly ModelProfile[] = [moonshotSwitch, moonshotCode, moonshotCodeFast, moonshotEffort, moonshotPro, moonshotProFast]

/** Settings by model. */
export interface MoonshotModels {
  'kimi-k2.6': MoonshotSwitchSettings
  'kimi-k2.7-code': MoonshotSettings
  'kimi-k2.7-code-highspeed': MoonshotSettings
  'kimi-k3': MoonshotEffortSettings
  'kimi-k3.1-pro': MoonshotEffortSettings
  'kimi-k3.1-pro-highspeed': MoonshotEffortSettings
}

/** The models that have a profile. */
export type MoonshotModelId = keyof MoonshotModels
