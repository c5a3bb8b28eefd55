import type { JsonObject } from '@capstan/core'
import type { Source } from './source.ts'

/** What may be sent for one parameter. Fields that a profile omits have the values of the parameter's row in `requestParameters`. */
export interface ParameterRule {
  /** The accepted values: `strings` is one string or an array of them. `refused`: none; `because` and `instead` say why and what to do. */
  readonly kind?: 'number' | 'integer' | 'boolean' | 'choice' | 'strings' | 'text' | 'refused'
  /** The name in a request. Two parameters that share it are merged into one object. */
  readonly wire?: string
  /** Range of a number. */
  readonly min?: number
  readonly max?: number
  /** The value that the endpoint uses when the parameter is not sent, for documentation. */
  readonly default?: number | string | boolean
  /** The values of a choice. */
  readonly values?: readonly string[]
  /** True where a choice is sent as `{ type: value }` instead of the plain value. */
  readonly asType?: boolean
  /** What is sent for each value of a choice, where it is neither of these. */
  readonly sends?: Readonly<Record<string, JsonObject>>
  /** What `true` sends instead of `true`; `false` sends nothing then. */
  readonly adds?: JsonObject
  readonly maxItems?: number
  /** In bytes of UTF-8. */
  readonly maxBytesEach?: number
  /** A regular expression for the complete text. */
  readonly pattern?: string
  readonly because?: string
  readonly instead?: string
  readonly note?: string
  /** The source of this rule, where it is not that of the profile. */
  readonly source?: Source
  /** True where the model accepts the parameter and ignores it while it thinks, which gives a warning. */
  readonly idleWhileThinking?: boolean
}

/**
 * The settings that become parameters of a request: name, wire name, kind and the range of plain chat completions. They are sent in
 * this order. A profile narrows a row, or refuses it.
 */
export const requestParameters = {
  /** 0 to 2, default 1. Setting it together with `topP` is advised against and gives a warning. */
  temperature: { kind: 'number', wire: 'temperature' },
  /** 0 to 1, default 1. */
  topP: { kind: 'number', wire: 'top_p' },
  /** Integer >= 1: only the k most probable tokens are considered. */
  topK: { kind: 'integer', wire: 'top_k' },
  /** Candidates of each reply, 1 to 5, only for `complete()`. */
  n: { kind: 'integer', wire: 'n', min: 1 },
  /** Output tokens, reasoning included: `max_tokens`, or what the endpoint calls it. Integer >= 1. Small values truncate. */
  maxOutputTokens: { kind: 'integer', wire: 'max_tokens', min: 1 },
  /** -2 to 2, default 0. */
  presencePenalty: { kind: 'number', wire: 'presence_penalty' },
  /** -2 to 2, default 0. */
  frequencyPenalty: { kind: 'number', wire: 'frequency_penalty' },
  /** `stop`: texts that end the reply. Kimi: at most 5, each at most 32 bytes. DeepSeek: at most 16. */
  stopSequences: { kind: 'strings', wire: 'stop' },
  /** `json_object` makes the reply JSON; the prompt must ask for it with the word JSON. Default: `text`. */
  responseFormat: { kind: 'choice', wire: 'response_format', values: ['text', 'json_object'], asType: true },
  /** Log probabilities, on the candidates of `complete()`. */
  logprobs: { kind: 'boolean', wire: 'logprobs' },
  /** 0 to 20, only with `logprobs: true`. */
  topLogprobs: { kind: 'integer', wire: 'top_logprobs', min: 0, max: 20, note: 'needs `logprobs: true`' },
  /** Switches thinking, where the endpoint has a switch. */
  thinking: { kind: 'choice', wire: 'thinking', values: ['enabled', 'disabled'], asType: true },
  /** Keeps the reasoning of earlier replies in view: sends `keep: "all"` with `thinking`. */
  keepReasoning: { kind: 'boolean', wire: 'thinking', adds: { type: 'enabled', keep: 'all' } },
  /** `reasoning_effort`, or what the endpoint calls it: how much the model thinks. Changing it within a conversation misses the provider's cache. */
  reasoningEffort: { kind: 'text', wire: 'reasoning_effort' },
  /** Who asks: DeepSeek's `user_id`, 1 to 512 of letters, digits, `_` and `-`. Keep it the same for one user: it divides the cache. */
  userId: { kind: 'text', wire: 'user' },
  /** `prompt_cache_key`: the same for all requests of a session raises the rate of cache hits. */
  promptCacheKey: { kind: 'text', wire: 'prompt_cache_key' },
  /** `safety_identifier`: a stable id of the end user, such as a hash. */
  safetyIdentifier: { kind: 'text', wire: 'safety_identifier' },
} as const

/** The settings that become parameters of a request. */
export type ParameterName = keyof typeof requestParameters

type ValueOf<Row> = Row extends { readonly values: readonly (infer Word)[] }
  ? Word
  : Row extends { readonly kind: 'number' | 'integer' }
    ? number
    : Row extends { readonly kind: 'boolean' }
      ? boolean
      : Row extends { readonly kind: 'strings' }
        ? string | readonly string[]
        : string

/** All parameters, with the values that plain chat completions take. */
export type RequestParameters = { readonly [Name in ParameterName]?: ValueOf<(typeof requestParameters)[Name]> }

/** The rules of a model. Parameters that are not listed are refused; `{}` is what plain chat completions take. */
export type ParameterRules = Readonly<Partial<Record<ParameterName, ParameterRule>>>

/** A rule with the values of its row of the table. */
export type CompleteRule = ParameterRule & Required<Pick<ParameterRule, 'kind' | 'wire'>>

/** The names, in the order in which they are sent. */
// Object.keys loses the type of the keys.
export const parameterNames: readonly ParameterName[] = Object.keys(requestParameters) as ParameterName[]

/** The rule of a parameter for a model; `undefined` where its profile does not list the parameter. */
export function parameterRule(name: ParameterName, { parameters }: { readonly parameters: ParameterRules }): CompleteRule | undefined {
  const own = parameters[name]
  return own === undefined ? undefined : { ...requestParameters[name], ...own }
}
