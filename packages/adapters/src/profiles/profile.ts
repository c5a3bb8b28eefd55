import type { FinishReason, Prices, ToolChoice, ToolNameRule } from '@capstan/core'
import type { ParameterRules } from './parameters.ts'
import type { Source } from './source.ts'

/**
 * How reasoning goes back in later requests. `every`: with each assistant message, `""` where it had none. `always`: with each
 * message that had it, and `""` with a tool call that had none. `present`: where there is some. `strip`: never.
 */
export type PassBack = 'every' | 'always' | 'present' | 'strip'

/** The JSON Schema that a tool may be described with. `free`: any. */
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

/** What a finish word means: a finish reason, or that the answer broke. */
export type FinishMeaning = FinishReason | 'overloaded' | 'failed'

/** Everything that differs for one endpoint and model. Sparse data: what is absent is the plain default of chat completions. */
export interface ModelProfile {
  readonly endpoint: string
  readonly models: readonly string[]
  readonly source: Source
  /** Sources of single fields that were read elsewhere. */
  readonly sources?: Readonly<Partial<Record<keyof ModelProfile, Source>>>
  readonly parameters: ParameterRules
  /** True when setting both `temperature` and `topP` is advised against: a warning. */
  readonly warnsOfBothSamplings?: boolean
  /** With a temperature below this, only one candidate is given. */
  readonly singleCandidateBelow?: number
  /** The prompt has to contain the word JSON when `responseFormat` is `json_object`. */
  readonly jsonModeNeedsWord?: boolean
  /** Whether the model thinks when `thinking` is not set; absent: it is not known to. */
  readonly thinks?: 'always' | 'unless-disabled' | 'when-enabled'
  readonly tools: ToolsRule
  /** Absent: `free`. */
  readonly schemas?: SchemaFlavour
  /** Where a strict mode for tools is documented: its base URL and the schemas that it takes. */
  readonly strictTools?: { readonly baseURL: string; readonly schemas: SchemaFlavour }
  /** True where `response_format` takes a JSON Schema. */
  readonly jsonSchema?: boolean
  readonly toolChoice: ToolChoiceRule
  /** `no`: never sent. `try`: sent, left out once the endpoint has refused it. */
  readonly streamUsage: 'yes' | 'try' | 'no'
  readonly reasoning: ReasoningRule
  /** `inline`: only as `data:` URLs and ids of files. */
  readonly images: boolean | 'inline'
  /** True where `partial: true` on a last assistant message is known. */
  readonly partial: boolean
  /** The content of an assistant message that only calls tools. */
  readonly emptyContent: '' | 'omit' | null
  /** `kimi`: ids are sent as `functions.NAME:IDX`, counted through the conversation. Absent: byte for byte. */
  readonly callIds?: 'verbatim' | 'kimi' | 'safe'
  /** `json`: the server parses the arguments of earlier calls, so invalid ones go out wrapped into an object. Absent: byte for byte. */
  readonly callInputs?: 'verbatim' | 'json'
  /** Where tool calls that leak as the model's own markup are recovered from. Absent: a leak is an error. */
  readonly recovers?: readonly ('text' | 'reasoning')[]
  /** True where reasoning can come as `<think>` at the head of the text. */
  readonly thinkTags?: boolean
  /** True where only `[DONE]` ends a stream and a finish reason alone does not. */
  readonly needsDone?: boolean
  readonly finishWords?: Readonly<Record<string, FinishMeaning>>
  /** Where the cached input tokens are documented, for people; all known places are read. */
  readonly cachedTokensAt?: string
  readonly clocks?: Partial<Clocks>
  readonly limits?: Partial<ByteLimits>
  readonly prices?: Prices
  /** What the prices do not say, for people. */
  readonly priceNote?: string
  /** Tokens of the context, and of its output at most. */
  readonly context?: { readonly tokens: number; readonly maxOutputTokens?: number }
  /** What helps with a refused key, for people. */
  readonly keyHint?: string
  /** Differences and open points, for `docs/models.md`. */
  readonly notes?: readonly string[]
}

/** Whether tools may be sent. `max` is given where an endpoint takes fewer than the 128 of an agent. */
export type ToolsRule =
  | { readonly allowed: true; readonly max?: number; readonly names?: ToolNameRule }
  /** `allowTools` in the settings overrides the refusal. */
  | { readonly allowed: false; readonly because: string; readonly max?: number; readonly names?: ToolNameRule }

/** Values of `tool_choice` that a model accepts. */
export interface ToolChoiceRule {
  readonly values: readonly ToolChoice[]
  /** Those that are taken while the model thinks, where they differ. */
  readonly whileThinking?: readonly ToolChoice[]
  /** True when the parameter is not documented: sent only when the caller asks for it. */
  readonly onlyWhenAsked?: boolean
}

/** Where reasoning is on the wire, and what is sent back of it. */
export interface ReasoningRule {
  /** The wire field of reasoning; others that are known are read too and go back under their own name. */
  readonly field: string
  readonly passBack: PassBack
  /** True where a 400 that names the field turns the rule round, once. */
  readonly flips?: boolean
}
