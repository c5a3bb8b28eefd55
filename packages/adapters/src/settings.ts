import type { Dispatcher, JsonObject, Limiter, Prices, RequestParameters } from '@capstan/core'
import type { ParameterName } from './profiles/parameters.ts'
import type { ByteLimits, Clocks, FinishMeaning } from './profiles/profile.ts'

/** Clocks in milliseconds; `Infinity` switches one off. All of them are paused while the consumer does not ask for more. */
export type Timeouts = Partial<Clocks>

/** How requests are sent; the same for all models. */
export interface ConnectionSettings {
  /** The key. Default: the environment variable `apiKeyEnv`, read at each call. */
  readonly apiKey?: string
  /** Name of the environment variable that holds the key. */
  readonly apiKeyEnv?: string
  /** Up to and without `/chat/completions`. */
  readonly baseURL?: string
  /** Sent with each request, over our own. Their values are kept out of errors. */
  readonly headers?: Readonly<Record<string, string>>
  /** A dispatcher of undici 7, such as a `ProxyAgent`, or `dispatcher` of a tape. Default: an `Agent` of ours; the global dispatcher is never used. */
  readonly dispatcher?: Dispatcher
  /** False for endpoints that cannot stream. Default: true. */
  readonly stream?: boolean
  /** False to ask for no usage in streams (`stream_options.include_usage`). Default: as the profile says. */
  readonly streamUsage?: boolean
  /** Shared by many models and agents: each request waits for its permit. */
  readonly limiter?: Limiter
  /** What odd finish words of the endpoint mean, without case: `{ eos_reached: 'stop' }`. `overloaded` and `failed` are replies that broke. */
  readonly finishWords?: Readonly<Record<string, FinishMeaning>>
  readonly timeouts?: Timeouts
  /** Sizes that are accepted: `eventBytes` 8 MiB, `responseBytes` 64 MiB, `toolInputBytes` 4 MiB, and 128 `toolCalls` for each reply. */
  readonly limits?: Partial<ByteLimits>
  /** In integer micro-units for a million tokens. Without them cost is unknown. */
  readonly prices?: Prices
  /** Sent unchanged and unchecked, over the parameters of the same name. It cannot replace `model`, `messages` and `stream`. */
  readonly extraBody?: JsonObject
}

/** How tools are sent. */
export interface ToolSettings {
  /** Sends each tool with `strict: true` and its schema in the form that the strict mode takes, to the base URL of that mode. Default: false. */
  readonly strictTools?: boolean
  /** Sends tools although the endpoint documents that it refuses them. Default: false. */
  readonly allowTools?: boolean
  /**
   * `text`: for a model that takes no tools. They are described in the instructions, calls are read from the text of the reply, and results
   * are sent as user messages; in the run they are calls and results as of any model. Default: `native`.
   */
  readonly toolProtocol?: ToolProtocol
}

/** How tools reach a model: as tools of the request, or as text. */
export type ToolProtocol = 'native' | 'text'

/** Settings of a model without a profile. What an endpoint refuses is checked at run time. */
export interface ChatSettings extends ConnectionSettings, RequestParameters, ToolSettings {}

type Refused<Names extends ParameterName | keyof ToolSettings> = { readonly [Name in Names]?: never }

interface Effort<Word extends string> {
  /** How much the model thinks. Changing it within a conversation misses the provider's cache. */
  readonly reasoningEffort?: Word
}

type CommonName = 'maxOutputTokens' | 'presencePenalty' | 'frequencyPenalty' | 'stopSequences'
type SamplingName = 'temperature' | 'topP'
type LogprobName = 'logprobs' | 'topLogprobs'

/** Settings of `kimi-k2-thinking` and `kimi-k2-thinking-turbo`. */
export interface KimiSettings
  extends ConnectionSettings,
    Pick<RequestParameters, CommonName | SamplingName | 'topK' | 'n' | 'responseFormat'>,
    Refused<LogprobName | 'thinking' | 'allowTools' | 'toolProtocol'> {}

/** Settings of `deepseek-chat`. */
export interface DeepseekChatSettings
  extends ConnectionSettings,
    Pick<RequestParameters, CommonName | SamplingName | LogprobName | 'responseFormat' | 'thinking'>,
    Refused<'topK' | 'n' | 'allowTools' | 'toolProtocol'> {}

/** Settings of `deepseek-reasoner`. */
export interface DeepseekReasonerSettings
  extends ConnectionSettings,
    Pick<RequestParameters, CommonName | LogprobName | 'thinking'>,
    Pick<ToolSettings, 'allowTools' | 'toolProtocol'>,
    Refused<SamplingName | 'topK' | 'n' | 'responseFormat'> {}

/** Settings of `kimi-k3` on Evolink. */
export interface EvolinkKimiThreeSettings extends ConnectionSettings, Pick<RequestParameters, 'maxOutputTokens'>, Effort<'max'> {}

/** Settings of DeepSeek's own models. */
export interface DeepseekSettings
  extends ConnectionSettings,
    Pick<RequestParameters, CommonName | SamplingName | LogprobName | 'responseFormat' | 'thinking' | 'userId'>,
    Pick<ToolSettings, 'strictTools'>,
    Effort<'low' | 'high' | 'max'> {}

/** Which of Moonshot's two services: their accounts and keys are separate. */
export interface RegionSettings {
  /** `intl` (default): https://api.moonshot.ai/v1. `cn`: https://api.moonshot.cn/v1. */
  readonly region?: 'intl' | 'cn'
}

/** What all models on Moonshot's own endpoint take. Sampling is fixed there. */
export interface MoonshotSettings
  extends ConnectionSettings,
    RegionSettings,
    Pick<RequestParameters, 'maxOutputTokens' | 'stopSequences' | 'responseFormat' | 'promptCacheKey' | 'safetyIdentifier'> {}

/** Settings of `kimi-k2.6`. */
export interface MoonshotSwitchSettings extends MoonshotSettings, Pick<RequestParameters, 'thinking' | 'keepReasoning'> {}

/** Settings of `kimi-k3`, `kimi-k3.1-pro` and `kimi-k3.1-pro-highspeed`. */
export interface MoonshotEffortSettings extends MoonshotSettings, Pick<RequestParameters, 'promptCacheTtl'>, Effort<'low' | 'high' | 'max'> {}
