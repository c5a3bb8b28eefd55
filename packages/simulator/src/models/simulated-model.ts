import type { RefusalRules } from '../rules/refusal-rules.ts'

/** How a family of servers writes on the wire: error bodies, chunks, ids, usage. */
export type ModelFamily = 'kimi' | 'deepseek' | 'moonshot' | 'openrouter' | 'vllm' | 'sglang' | 'llama.cpp' | 'ollama'

/** What one request parameter may hold. */
export type ParameterRule =
  | { readonly kind: 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum?: number }
  | { readonly kind: 'boolean' }
  /** One value alone, and another one where the model does not think. */
  | { readonly kind: 'locked'; readonly value: number; readonly withoutThinking?: number }
  | { readonly kind: 'text'; readonly pattern?: RegExp }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  /** One of the words, or with `named` an object that names a tool. */
  | { readonly kind: 'tool-choice'; readonly values: readonly string[]; readonly named: boolean }
  /** An object whose `type` is one of the values. `words`: the refusal of another one. */
  | { readonly kind: 'typed-object'; readonly types: readonly string[]; readonly words?: string }
  /** A string or an array of strings. */
  | { readonly kind: 'strings'; readonly maxItems: number; readonly maxBytesEach?: number }
  | { readonly kind: 'object' }
  /** Checked elsewhere: messages and tools. */
  | { readonly kind: 'structure' }
  /** Sending it is a 400. */
  | { readonly kind: 'refused' }

/** When a model thinks: always, only when asked, unless told not to, or never. */
export type Thinking = 'always' | 'when-enabled' | 'unless-disabled' | 'never'

/** One model as its page describes it: data for the checks of a request. */
export interface SimulatedModel {
  readonly id: string
  readonly family: ModelFamily
  /** `owned_by` in `GET /v1/models`. */
  readonly owner: string
  /** The page that this entry is written from. */
  readonly source: string
  readonly thinking: Thinking
  /** Context window in tokens; a longer prompt is refused where `refusals` has words for it. */
  readonly contextTokens: number
  /** Rules by parameter; a parameter without a rule is unlisted. */
  readonly parameters: Readonly<Record<string, ParameterRule>>
  /** Parameters that are accepted although the page does not list them, unless a strict option says otherwise. */
  readonly unlisted: Readonly<Record<string, ParameterRule>>
  /** What else is refused, and in which words. */
  readonly refusals: RefusalRules
  /** True where a forced tool choice is taken while the model thinks. */
  readonly forcesWhileThinking?: boolean
  readonly maxTools: number
  /** Pattern of a tool name. */
  readonly toolName: RegExp
  /** True where a tool needs no more than a name. */
  readonly looseTools?: boolean
  /** Whether tool schemas are held to Moonshot's flavour: always, or with the strict option alone. Absent: never. */
  readonly schemaFlavour?: 'always' | 'strict'
  /** True where `strict: true` on tools is known at the beta path, and refused elsewhere. */
  readonly strictTools?: boolean
  /** Types of content parts that a message may hold. */
  readonly contentParts: readonly string[]
  /** Whether a last assistant message may be continued, and by which mark. `prefix` is for the beta path alone. */
  readonly partial: boolean | 'prefix'
  /** True for weights that end their turn at once, with nothing said, after calls whose ids are not in the form of their own. */
  readonly needsOwnIds?: boolean
  /** `kimi`: ids of calls are `functions.NAME:IDX`, whatever the family. */
  readonly callIds?: 'kimi'
  /** False where `tool_choice: none` removes the tools from the prompt, so that they are neither counted nor cached. */
  readonly toolsWithoutChoice?: boolean
  readonly cache: CacheRule
}

/** How cached tokens are counted. */
export interface CacheRule {
  /** Hits are multiples of this many tokens. */
  readonly granularityTokens: number
  /** Shorter common prefixes are no hits. */
  readonly minimumTokens: number
}
