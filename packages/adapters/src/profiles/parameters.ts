import type { JsonObject, RequestParameters } from '@capstan/core'
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
export const requestParameters: Readonly<Record<ParameterName, CompleteRule>> = {
  temperature: { kind: 'number', wire: 'temperature' },
  topP: { kind: 'number', wire: 'top_p' },
  topK: { kind: 'integer', wire: 'top_k' },
  n: { kind: 'integer', wire: 'n', min: 1 },
  maxOutputTokens: { kind: 'integer', wire: 'max_tokens', min: 1 },
  presencePenalty: { kind: 'number', wire: 'presence_penalty' },
  frequencyPenalty: { kind: 'number', wire: 'frequency_penalty' },
  stopSequences: { kind: 'strings', wire: 'stop' },
  responseFormat: { kind: 'choice', wire: 'response_format', values: ['text', 'json_object'], asType: true },
  logprobs: { kind: 'boolean', wire: 'logprobs' },
  topLogprobs: { kind: 'integer', wire: 'top_logprobs', min: 0, max: 20, note: 'needs `logprobs: true`' },
  thinking: { kind: 'choice', wire: 'thinking', values: ['enabled', 'disabled'], asType: true },
  keepReasoning: { kind: 'boolean', wire: 'thinking', adds: { type: 'enabled', keep: 'all' } },
  reasoningEffort: { kind: 'text', wire: 'reasoning_effort' },
  userId: { kind: 'text', wire: 'user' },
  promptCacheKey: { kind: 'text', wire: 'prompt_cache_key' },
  promptCacheTtl: { kind: 'choice', wire: 'prompt_cache_options', values: ['5m', '1h'], sends: { '5m': { ttl: '5m' }, '1h': { ttl: '1h' } } },
  safetyIdentifier: { kind: 'text', wire: 'safety_identifier' },
}

/** The settings that become parameters of a request. */
export type ParameterName = keyof RequestParameters

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
