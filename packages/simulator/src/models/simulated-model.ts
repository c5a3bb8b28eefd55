/** How a family of models writes on the wire: error bodies, chunks, ids, usage. */
export type ModelFamily = 'kimi' | 'deepseek'

/** What one request parameter may hold. */
export type ParameterRule =
  | { readonly kind: 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  /** An object whose `type` is one of the values. */
  | { readonly kind: 'typed-object'; readonly types: readonly string[] }
  /** A string or an array of strings. */
  | { readonly kind: 'strings'; readonly maxItems: number; readonly maxBytesEach?: number }
  | { readonly kind: 'object' }
  /** Checked elsewhere: messages and tools. */
  | { readonly kind: 'structure' }
  /** Sending it is a 400. */
  | { readonly kind: 'refused' }

/** When a model thinks: always, only when asked, or unless told not to. */
export type Thinking = 'always' | 'when-enabled' | 'unless-disabled'

/** One model as its page describes it: data for the checks of a request. */
export interface SimulatedModel {
  readonly id: string
  readonly family: ModelFamily
  /** `owned_by` in `GET /v1/models`. */
  readonly owner: string
  /** The page that this entry is written from. */
  readonly source: string
  readonly thinking: Thinking
  /** Context window in tokens; a longer prompt is a 400. */
  readonly contextTokens: number
  /** Rules by parameter; a parameter without a rule is unlisted. */
  readonly parameters: Readonly<Record<string, ParameterRule>>
  /** Parameters that are accepted although the page does not list them, unless a strict option says otherwise. */
  readonly unlisted: Readonly<Record<string, ParameterRule>>
  readonly maxTools: number
  /** Pattern of a tool name. */
  readonly toolName: RegExp
  /** Types of content parts that a message may hold. */
  readonly contentParts: readonly string[]
  /** Whether `partial: true` on a last assistant message is understood. */
  readonly partial: boolean
  readonly cache: CacheRule
}

/** How cached tokens are counted. */
export interface CacheRule {
  /** Hits are multiples of this many tokens. */
  readonly granularityTokens: number
  /** Shorter common prefixes are no hits. */
  readonly minimumTokens: number
}
