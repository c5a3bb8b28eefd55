import type { FinishReason, JsonObject, Prices, ToolChoice } from '@capstan/core'

/** Where a fact of a profile was read, and when (ISO date). */
export interface Source {
  readonly url: string
  readonly read: string
}

/** The settings that become parameters of a request. */
export type ParameterName =
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'n'
  | 'maxOutputTokens'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'stop'
  | 'responseFormat'
  | 'logprobs'
  | 'topLogprobs'
  | 'thinking'
  | 'keepReasoning'
  | 'effort'
  | 'userId'
  | 'promptCacheKey'
  | 'safetyIdentifier'

/** What all rules may say. */
interface RuleFields {
  /** The name in a request. Two parameters that share it are merged into one object. */
  readonly wire: string
  readonly note?: string
  /** Where this was read, where it is not the source of the profile. */
  readonly source?: Source
  /** True where the model takes it and does not heed it while it thinks: a warning. */
  readonly idleWhileThinking?: boolean
}

/** What may be sent for one parameter. */
export type ParameterRule = RuleFields & RuleKind

type RuleKind =
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number; readonly default?: number }
  | { readonly kind: 'integer'; readonly min?: number; readonly max?: number; readonly default?: number }
  /** Sent as it is, or with `adds`: true sends this object. */
  | { readonly kind: 'boolean'; readonly default?: boolean; readonly adds?: JsonObject }
  /** Sent as the plain word, as `{ type: word }` with `asType`, or as what `sends` has for the word. */
  | {
      readonly kind: 'choice'
      readonly values: readonly string[]
      readonly asType: boolean
      readonly sends?: Readonly<Record<string, JsonObject>>
      readonly default?: string
    }
  /** One string or an array of them. `maxBytesEach` counts bytes of UTF-8. */
  | { readonly kind: 'strings'; readonly maxItems?: number; readonly maxBytesEach?: number }
  /** A string; `pattern` is a regular expression for the whole of it. */
  | { readonly kind: 'text'; readonly pattern?: string }
  | { readonly kind: 'refused'; readonly because: string; readonly instead: string }

/**
 * How reasoning goes back in later requests. `every`: with each assistant message, `""` where it had none. `always`: with each
 * message that had it, and `""` with a tool call that had none. `present`: where there is some. `strip`: never.
 */
export type PassBack = 'every' | 'always' | 'present' | 'strip'

/** The JSON Schema that a tool may be described with. `free`: any. */
export type SchemaFlavour = 'free' | 'mfjs' | 'deepseek-strict'

/** Time limits in milliseconds; what each clock measures is told at `Timeouts`. */
export interface Clocks {
  readonly connectMs: number
  readonly headersMs: number
  readonly firstContentMs: number
  readonly queuedMs: number
  readonly gapMs: number
  readonly bytesMs: number
}

/** Sizes in bytes of UTF-8, and a count. */
export interface ByteLimits {
  readonly eventBytes: number
  readonly responseBytes: number
  readonly toolInputBytes: number
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
  /** Parameters that are not listed are refused. */
  readonly parameters: Readonly<Partial<Record<ParameterName, ParameterRule>>>
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

/** Whether a model accepts tools, how many, and under which names. */
export type ToolsRule =
  | { readonly allowed: true; readonly max: number; readonly names?: ToolNameRule }
  /** `allowTools` in the settings overrides the refusal. */
  | { readonly allowed: false; readonly because: string; readonly max: number; readonly names?: ToolNameRule }

/** What a tool may be called: a regular expression for the whole name, and the same in words. */
export interface ToolNameRule {
  readonly pattern: string
  readonly words: string
}

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
