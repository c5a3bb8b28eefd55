import type { FinishReason, Prices, ToolChoice } from '@capstan/core'

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

/** What may be sent for one parameter. `wire` is its name in a request. */
export type ParameterRule =
  | { readonly kind: 'number'; readonly wire: string; readonly min?: number; readonly max?: number; readonly default?: number; readonly note?: string }
  | { readonly kind: 'integer'; readonly wire: string; readonly min?: number; readonly max?: number; readonly default?: number; readonly note?: string }
  | { readonly kind: 'boolean'; readonly wire: string; readonly default?: boolean; readonly note?: string }
  /** Sent as the plain word, or as `{ type: word }` with `asType`. */
  | {
      readonly kind: 'choice'
      readonly wire: string
      readonly values: readonly string[]
      readonly asType: boolean
      readonly default?: string
      readonly note?: string
    }
  /** One string or an array of them. `maxBytesEach` counts bytes of UTF-8. */
  | { readonly kind: 'strings'; readonly wire: string; readonly maxItems?: number; readonly maxBytesEach?: number; readonly note?: string }
  | { readonly kind: 'refused'; readonly wire: string; readonly because: string; readonly instead: string }

/**
 * How reasoning goes back in later requests. `always`: with each message that had it, and `""` with a tool call that had none.
 * `present`: where there is some. `strip`: never.
 */
export type PassBack = 'always' | 'present' | 'strip'

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
  /** Parameters that are not listed are refused. */
  readonly parameters: Readonly<Partial<Record<ParameterName, ParameterRule>>>
  /** True when setting both `temperature` and `topP` is advised against: a warning. */
  readonly warnsOfBothSamplings?: boolean
  /** With a temperature below this, only one candidate is given. */
  readonly singleCandidateBelow?: number
  /** The prompt has to contain the word JSON when `responseFormat` is `json_object`. */
  readonly jsonModeNeedsWord?: boolean
  readonly tools: ToolsRule
  readonly toolChoice: ToolChoiceRule
  /** `no`: never sent. `try`: sent, left out once the endpoint has refused it. */
  readonly streamUsage: 'yes' | 'try' | 'no'
  readonly reasoning: ReasoningRule
  readonly images: boolean
  /** True where `partial: true` on a last assistant message is known. */
  readonly partial: boolean
  /** The content of an assistant message that only calls tools. */
  readonly emptyContent: '' | 'omit' | null
  /** True where only `[DONE]` ends a stream and a finish reason alone does not. */
  readonly needsDone?: boolean
  readonly finishWords?: Readonly<Record<string, FinishMeaning>>
  /** Where the cached input tokens are documented, for people; all known places are read. */
  readonly cachedTokensAt?: string
  readonly clocks?: Partial<Clocks>
  readonly limits?: Partial<ByteLimits>
  readonly prices?: Prices
  /** Differences and open points, for `docs/models.md`. */
  readonly notes?: readonly string[]
}

export type ToolsRule =
  | { readonly allowed: true; readonly max: number }
  /** `allowTools` in the settings overrides the refusal. */
  | { readonly allowed: false; readonly because: string; readonly max: number }

export interface ToolChoiceRule {
  readonly values: readonly ToolChoice[]
  /** True when the parameter is not documented: sent only when the caller asks for it. */
  readonly onlyWhenAsked?: boolean
}

export interface ReasoningRule {
  /** The wire field of reasoning; others that are known are read too and go back under their own name. */
  readonly field: string
  readonly passBack: PassBack
  /** True where a 400 that names the field turns the rule round, once. */
  readonly flips?: boolean
}
