import type { RefusalRules } from '../rules/refusal-rules.ts'

/** A family of servers with the same wire form: error bodies, chunks, ids, usage. */
export type ModelFamily = 'kimi' | 'deepseek' | 'moonshot' | 'openrouter' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama'

/** What one request parameter may hold. */
export type ParameterRule =
  | { readonly kind: 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'boolean' }
  /** Only one value, and another one where the model does not think. */
  | { readonly kind: 'locked'; readonly value: number; readonly withoutThinking?: number }
  | { readonly kind: 'text'; readonly pattern?: RegExp }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  /** One of the values, or with `named` an object that names a tool. */
  | { readonly kind: 'tool-choice'; readonly values: readonly string[]; readonly named: boolean }
  /** An object whose `type` is one of these. `message`: the refusal of another one. */
  | { readonly kind: 'typed-object'; readonly types: readonly string[]; readonly message?: string }
  /** A string or an array of strings. */
  | { readonly kind: 'strings'; readonly maxItems: number; readonly maxBytesEach?: number }
  | { readonly kind: 'object' }
  /** Messages and tools, which have checks of their own. */
  | { readonly kind: 'structure' }
  /** A request with it is a 400. */
  | { readonly kind: 'refused' }

/** When a model thinks: always, only when a request enables it, unless a request disables it, or never. */
export type Thinking = 'always' | 'when-enabled' | 'unless-disabled' | 'never'

/** One model as its page describes it: data for the checks of a request. */
export interface SimulatedModel {
  readonly id: string
  readonly family: ModelFamily
  /** `owned_by` in `GET /v1/models`. */
  readonly owner: string
  /** The page that this model is written from. */
  readonly source: string
  readonly thinking: Thinking
  /** Context window in tokens; a longer prompt is refused where `refusals` has a message for it. */
  readonly contextTokens: number
  /** Rules by parameter; a parameter without a rule is unlisted. */
  readonly parameters: Readonly<Record<string, ParameterRule>>
  /** Parameters that are accepted although the page does not list them, unless a strict option says otherwise. */
  readonly unlisted: Readonly<Record<string, ParameterRule>>
  /** What else is refused, and with which messages. */
  readonly refusals: RefusalRules
  /** True where `tool_choice: required` is accepted while the model thinks. */
  readonly forcesWhileThinking?: boolean
  readonly maxTools: number
  /** Pattern of a tool name. */
  readonly toolName: RegExp
  /** True where a tool needs only a name. */
  readonly looseTools?: boolean
  /** Whether tool schemas must follow Moonshot's flavour: always, or only with the strict option. Absent: never. */
  readonly schemaFlavour?: 'always' | 'strict'
  /** True where `strict: true` on tools is accepted at the beta path only. */
  readonly strictTools?: boolean
  /** Types of content parts that a message may hold. */
  readonly contentParts: readonly string[]
  /** Whether a last assistant message may be continued, and with which field. `prefix` is accepted at the beta path only. */
  readonly partial: boolean | 'prefix'
  /** True for weights that generate an empty reply after calls whose ids do not have their own form. */
  readonly needsOwnIds?: boolean
  /** `kimi`: ids of calls are `functions.NAME:IDX`, in any family. */
  readonly callIds?: 'kimi'
  /** False where `tool_choice: none` removes the tools from the prompt, so that they are neither counted nor cached. */
  readonly toolsWithoutChoice?: boolean
  readonly cache: CacheRule
}

/** How cached tokens are counted. */
export interface CacheRule {
  /** Cached tokens are multiples of this number: the size of a block. */
  readonly granularityTokens: number
  /** Shorter common prefixes are not cached. */
  readonly minimumTokens: number
  /** True where a reply is kept with the prompt that it continues; otherwise only prompts are. */
  readonly replies?: boolean
  /**
   * How long a prompt is kept after its last use, in milliseconds; a record: by `prompt_cache_options.ttl` of the request, whose default is
   * `5m`. Default: for ever.
   */
  readonly lifetimeMs?: number | Readonly<Record<string, number>>
}
