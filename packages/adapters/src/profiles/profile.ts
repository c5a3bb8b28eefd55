import type { FinishReason, Prices, ToolChoice, ToolNameRule } from '@capstan/core'
import type { ParameterRules } from './parameters.ts'
import type { Source } from './source.ts'

/**
 * How reasoning is sent back in later requests. `every`: with each assistant message, `""` where it had none. `always`: with each
 * message that had it, and `""` with a tool call that had none. `present`: with each message that had it. `strip`: never.
 */
export type PassBack = 'every' | 'always' | 'present' | 'strip'

/** The form of JSON Schema that an endpoint accepts for tools. `free`: any. */
export type SchemaFlavour = 'free' | 'mfjs' | 'deepseek-strict'

/** Time limits in milliseconds. */
export interface Clocks {
  /** From the call to a connection. Default: 10 000. */
  readonly connectMs: number
  /** From the sent request to the response headers. Not streaming, `firstContentMs` is used instead. Default: 60 000. */
  readonly headersMs: number
  /** From the headers to the first content, while nothing arrives. Default: 120 000; models may differ. */
  readonly firstContentMs: number
  /** The same, while keep-alive comments or blank lines arrive. Default: 600 000. */
  readonly queuedMs: number
  /** Between two pieces of content; keep-alives do not count. Default: 300 000. */
  readonly gapMs: number
  /** Silence after a keep-alive, from a server that had been sending them. Default: 60 000. */
  readonly bytesMs: number
}

/** Sizes in bytes of UTF-8, and a count. */
export interface ByteLimits {
  /** One event of a stream. */
  readonly eventBytes: number
  /** The complete body, decompressed. */
  readonly responseBytes: number
  /** The arguments of one tool call. */
  readonly toolInputBytes: number
  /** Tool calls in one reply. */
  readonly toolCalls: number
}

/** What a finish word means: a finish reason, or that the reply is broken. */
export type FinishMeaning = FinishReason | 'overloaded' | 'failed'

/** Everything that differs for one endpoint and model. Absent fields mean the plain default of chat completions. */
export interface ModelProfile {
  readonly endpoint: string
  readonly models: readonly string[]
  readonly source: Source
  /** Sources of single fields that were read elsewhere. */
  readonly sources?: Readonly<Partial<Record<keyof ModelProfile, Source>>>
  readonly parameters: ParameterRules
  /** True where the documentation advises against setting both `temperature` and `topP`, which gives a warning. */
  readonly warnsOfBothSamplings?: boolean
  /** With a temperature below this, the endpoint returns only one candidate. */
  readonly singleCandidateBelow?: number
  /** The prompt has to contain the word JSON when `responseFormat` is `json_object`. */
  readonly jsonModeNeedsWord?: boolean
  /** When the model thinks. Absent: not known. */
  readonly thinks?: 'always' | 'unless-disabled' | 'when-enabled'
  readonly tools: ToolsRule
  /** Absent: `free`. */
  readonly schemas?: SchemaFlavour
  /** Where a strict mode for tools is documented: its base URL and the schemas that it takes. */
  readonly strictTools?: { readonly baseURL: string; readonly schemas: SchemaFlavour }
  /** True where `response_format` accepts a JSON Schema. */
  readonly jsonSchema?: boolean
  readonly toolChoice: ToolChoiceRule
  /** `no`: never sent. `try`: sent, left out once the endpoint has refused it. */
  readonly streamUsage: 'yes' | 'try' | 'no'
  readonly reasoning: ReasoningRule
  /** `inline`: only as `data:` URLs and ids of files. */
  readonly images: boolean | 'inline'
  /** True where the endpoint supports `partial: true` on a last assistant message. */
  readonly partial: boolean
  /** The content of an assistant message that only calls tools. */
  readonly emptyContent: '' | 'omit' | null
  /** `kimi`: ids are sent as `functions.NAME:IDX`, numbered through the conversation. Absent: byte for byte. */
  readonly callIds?: 'verbatim' | 'kimi' | 'safe'
  /** `json`: the server parses the arguments of earlier calls, so invalid ones are sent inside an object. Absent: byte for byte. */
  readonly callInputs?: 'verbatim' | 'json'
  /** From which parts of a reply leaked tool calls are recovered. Absent: a leak is an error. */
  readonly recovers?: readonly ('text' | 'reasoning')[]
  /** True where reasoning can come as `<think>` at the head of the text. */
  readonly thinkTags?: boolean
  /** True where a stream is complete only with `[DONE]`, not already with a finish reason. */
  readonly needsDone?: boolean
  readonly finishWords?: Readonly<Record<string, FinishMeaning>>
  /** The documented field of cached input tokens, for documentation. All known fields are read. */
  readonly cachedTokensAt?: string
  readonly clocks?: Partial<Clocks>
  readonly limits?: Partial<ByteLimits>
  readonly prices?: Prices
  /** Remark on the prices, for documentation. */
  readonly priceNote?: string
  /** Tokens of the context, and of its output at most. */
  readonly context?: { readonly tokens: number; readonly maxOutputTokens?: number }
  /** Absent where no page says how long a prompt stays in the cache. */
  readonly cache?: CacheRule
  /** Hint for the error of a refused key. */
  readonly keyHint?: string
  /** Differences and open points, for `docs/models.md`. */
  readonly notes?: readonly string[]
}

/** How long the endpoint keeps a prompt in its cache. */
export interface CacheRule {
  readonly lifetimeMs: number
  /** True where each hit begins the lifetime again. */
  readonly renew: boolean
  /** What differs for a value of `promptCacheTtl`; `cacheWrite` is a price as in `prices`. */
  readonly ttls?: Readonly<Record<string, { readonly lifetimeMs: number; readonly cacheWrite: number }>>
  /** What the numbers do not say, for people. */
  readonly note?: string
}

/** Whether tools may be sent. `max` is given where an endpoint takes fewer than the 128 of an agent. */
export type ToolsRule =
  | { readonly allowed: true; readonly max?: number; readonly names?: ToolNameRule }
  /** `allowTools` in the settings overrides the refusal. */
  | { readonly allowed: false; readonly because: string; readonly max?: number; readonly names?: ToolNameRule }

/** Values of `tool_choice` that a model accepts. */
export interface ToolChoiceRule {
  readonly values: readonly ToolChoice[]
  /** The values that it accepts while it thinks, where they differ. */
  readonly whileThinking?: readonly ToolChoice[]
  /** True when the parameter is not documented: sent only when the caller asks for it. */
  readonly onlyWhenAsked?: boolean
}

/** The wire field of reasoning, and when it is sent back. */
export interface ReasoningRule {
  /** The wire field of reasoning. Other known fields are also read, and sent back under their own name. */
  readonly field: string
  readonly passBack: PassBack
  /** True where a 400 that names the field reverses the rule once. */
  readonly flips?: boolean
}
