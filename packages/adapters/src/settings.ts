import type { JsonObject, Limiter, Prices } from '@capstan/core'
import type { ByteLimits, Clocks } from './profiles/profile.ts'
import type { Dispatcher } from './transport/dispatch.ts'

/**
 * Clocks in milliseconds; `Infinity` switches one off. All of them stand still while the consumer is not asking for more.
 *
 * - `connectMs` (10 000): from the call to a connection.
 * - `headersMs` (60 000): from the sent request to the response headers. Not streaming, `firstContentMs` is used instead.
 * - `firstContentMs` (120 000; models may differ): from the headers to the first content, while nothing arrives.
 * - `queuedMs` (600 000): the same, while keep-alive comments or blank lines arrive.
 * - `gapMs` (300 000): between two pieces of content. Keep-alives do not count.
 * - `bytesMs` (60 000): silence after a keep-alive, from a server that had been sending them.
 */
export type Timeouts = Partial<Clocks>

/** Sizes in bytes: `eventBytes` 8 MiB, `responseBytes` 64 MiB, `toolInputBytes` 4 MiB; and `toolCalls` 128 for each answer. */
export type Limits = Partial<ByteLimits>

/** How requests are sent; the same for all models. */
export interface ConnectionSettings {
  /** The key. Default: the environment variable `apiKeyEnv`, read at each call. */
  readonly apiKey?: string
  /** Name of the environment variable that holds the key. */
  readonly apiKeyEnv?: string
  /** Up to and without `/chat/completions`. */
  readonly baseURL?: string
  /** Sent with each request, over our own. Values of headers that carry credentials are kept out of errors. */
  readonly headers?: Readonly<Record<string, string>>
  /** An undici dispatcher, such as a `ProxyAgent`. Default: an `Agent` of ours; the global dispatcher is never used. */
  readonly dispatcher?: Dispatcher
  /** False for endpoints that cannot stream. Default: true. */
  readonly stream?: boolean
  /** False to ask for no usage in streams (`stream_options.include_usage`). Default: as the profile says. */
  readonly streamUsage?: boolean
  /** Shared by many models and agents: each request waits for its permit. */
  readonly limiter?: Limiter
  readonly timeouts?: Timeouts
  readonly limits?: Limits
  /** In integer micro-units for a million tokens. Without them cost is unknown. */
  readonly prices?: Prices
  /** Sent as it is, unchecked, over the parameters of the same name. It cannot replace `model`, `messages` and `stream`. */
  readonly extraBody?: JsonObject
}

/** Parameters that all models take. */
export interface BaseParameters {
  /** Output tokens, reasoning included: `max_tokens`, or what the endpoint calls it. Integer >= 1. Small values truncate. */
  readonly maxOutputTokens?: number
  /** -2 to 2, default 0. */
  readonly presencePenalty?: number
  /** -2 to 2, default 0. */
  readonly frequencyPenalty?: number
  /** Kimi: at most 5, each at most 32 bytes. DeepSeek: at most 16. */
  readonly stop?: string | readonly string[]
}

/** How freely the model words its answer. Setting both is advised against and gives a warning. */
export interface SamplingParameters {
  /** 0 to 2, default 1. */
  readonly temperature?: number
  /** 0 to 1, default 1. */
  readonly topP?: number
}

/** Parameters of Kimi models. */
export interface CandidateParameters {
  /** Integer >= 1: only the k most probable tokens are considered. */
  readonly topK?: number
  /** Candidates of each answer, 1 to 5, for `complete()` alone; only 1 with a temperature below 0.01. */
  readonly n?: number
}

/** JSON mode. */
export interface FormatParameters {
  /** `json_object` makes the answer JSON; the prompt must ask for it with the word JSON. Default: `text`. */
  readonly responseFormat?: 'text' | 'json_object'
}

/** Log probabilities, on the candidates of `complete()`. */
export interface LogprobParameters {
  readonly logprobs?: boolean
  /** 0 to 20, with `logprobs: true` alone. */
  readonly topLogprobs?: number
}

/** Switches thinking where the endpoint has a switch. */
export interface ThinkingParameters {
  readonly thinking?: 'enabled' | 'disabled'
}

/** How much the model thinks. */
export interface EffortParameters<Effort extends string = 'low' | 'high' | 'max'> {
  /** `reasoning_effort`, or what the endpoint calls it. Changing it within a conversation misses the provider's cache. */
  readonly effort?: Effort
}

/** For models that can keep the reasoning of earlier answers in view. */
export interface KeepParameters {
  /** Sends `keep: "all"` with `thinking`. */
  readonly keepReasoning?: boolean
}

/** Who asks, where the endpoint separates users. */
export interface UserParameters {
  /** `user_id`: 1 to 512 of letters, digits, `_` and `-`. Keep it the same for one user: it divides the cache. */
  readonly userId?: string
}

/** For endpoints that route by a key. */
export interface CacheKeyParameters {
  /** `prompt_cache_key`: the same for all requests of a session raises the rate of cache hits. */
  readonly promptCacheKey?: string
  /** `safety_identifier`: a stable id of the end user, such as a hash. */
  readonly safetyIdentifier?: string
}

/** For endpoints with a strict mode for tools. */
export interface StrictParameters {
  /** Sends each tool with `strict: true` and its schema in the form that the mode takes, to the base URL of that mode. Default: false. */
  readonly strictTools?: boolean
}

/** For models whose endpoint refuses tools. */
export interface ToolOverride {
  /** Sends tools although the endpoint says that it refuses them. Default: false. */
  readonly allowTools?: boolean
}

type Refused<Parameters> = { readonly [Name in keyof Parameters]?: never }

/** Every parameter: for models without a profile. */
export interface ChatParameters
  extends BaseParameters,
    SamplingParameters,
    CandidateParameters,
    FormatParameters,
    LogprobParameters,
    ThinkingParameters,
    EffortParameters<string>,
    KeepParameters,
    UserParameters,
    CacheKeyParameters,
    StrictParameters,
    ToolOverride {}

/** Settings of any model; what its endpoint refuses is checked at run time. */
export interface ChatSettings extends ConnectionSettings, ChatParameters {}

/** Settings of `kimi-k2-thinking` and `kimi-k2-thinking-turbo`. */
export interface KimiSettings
  extends ConnectionSettings,
    BaseParameters,
    SamplingParameters,
    CandidateParameters,
    FormatParameters,
    Refused<LogprobParameters>,
    Refused<ThinkingParameters>,
    Refused<ToolOverride> {}

/** Settings of `deepseek-chat`. */
export interface DeepseekChatSettings
  extends ConnectionSettings,
    BaseParameters,
    SamplingParameters,
    FormatParameters,
    LogprobParameters,
    ThinkingParameters,
    Refused<CandidateParameters>,
    Refused<ToolOverride> {}

/** Settings of `deepseek-reasoner`. */
export interface DeepseekReasonerSettings
  extends ConnectionSettings,
    BaseParameters,
    LogprobParameters,
    ThinkingParameters,
    ToolOverride,
    Refused<SamplingParameters>,
    Refused<CandidateParameters>,
    Refused<FormatParameters> {}

/** Settings of `kimi-k3` on Evolink. */
export interface EvolinkKimiThreeSettings extends ConnectionSettings, Pick<BaseParameters, 'maxOutputTokens'>, EffortParameters<'max'> {}

/** Settings of DeepSeek's own models. */
export interface DeepseekSettings
  extends ConnectionSettings,
    BaseParameters,
    SamplingParameters,
    FormatParameters,
    LogprobParameters,
    ThinkingParameters,
    EffortParameters,
    UserParameters,
    StrictParameters {}

/** Which of Moonshot's two services: their accounts and keys are separate. */
export interface RegionSettings {
  /** `intl` (default): https://api.moonshot.ai/v1. `cn`: https://api.moonshot.cn/v1. */
  readonly region?: 'intl' | 'cn'
}

/** What all models on Moonshot's own endpoint take. Sampling is fixed there. */
export interface MoonshotSettings
  extends ConnectionSettings,
    RegionSettings,
    Pick<BaseParameters, 'maxOutputTokens' | 'stop'>,
    FormatParameters,
    CacheKeyParameters {}

/** Settings of `kimi-k2.6`. */
export interface MoonshotSwitchSettings extends MoonshotSettings, ThinkingParameters, KeepParameters {}

/** Settings of `kimi-k3`. */
export interface MoonshotEffortSettings extends MoonshotSettings, EffortParameters {}
