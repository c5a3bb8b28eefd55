import type { JsonObject } from './json.ts'

/** The settings of a model that become parameters of its requests. Which of them a model takes, and in which range, its profile says. */
export interface RequestParameters {
  /** 0 to 2, default 1. Setting it together with `topP` is advised against and gives a warning. */
  readonly temperature?: number
  /** 0 to 1, default 1. */
  readonly topP?: number
  /** Integer >= 1: only the k most probable tokens are considered. */
  readonly topK?: number
  /** Candidates of each reply, 1 to 5, only for `complete()`. */
  readonly n?: number
  /** Output tokens, reasoning included: `max_tokens`, or what the endpoint calls it. Integer >= 1. Small values truncate. */
  readonly maxOutputTokens?: number
  /** -2 to 2, default 0. */
  readonly presencePenalty?: number
  /** -2 to 2, default 0. */
  readonly frequencyPenalty?: number
  /** `stop`: texts that end the reply. Kimi: at most 5, each at most 32 bytes. DeepSeek: at most 16. */
  readonly stopSequences?: string | readonly string[]
  /** `json_object` makes the reply JSON; the prompt must ask for it with the word JSON. Default: `text`. */
  readonly responseFormat?: 'text' | 'json_object'
  /** Log probabilities, on the candidates of `complete()`. */
  readonly logprobs?: boolean
  /** 0 to 20, only with `logprobs: true`. */
  readonly topLogprobs?: number
  /** Switches thinking, where the endpoint has a switch. */
  readonly thinking?: 'enabled' | 'disabled'
  /** Keeps the reasoning of earlier replies in view: sends `keep: "all"` with `thinking`. */
  readonly keepReasoning?: boolean
  /** `reasoning_effort`, or what the endpoint calls it: how much the model thinks. Changing it within a conversation misses the provider's cache. */
  readonly reasoningEffort?: string
  /** Who asks: DeepSeek's `user_id`, 1 to 512 of letters, digits, `_` and `-`. Keep it the same for one user: it divides the cache. */
  readonly userId?: string
  /** `prompt_cache_key`: the same for all requests of a session raises the rate of cache hits. */
  readonly promptCacheKey?: string
  /** `prompt_cache_options.ttl`: how long the provider keeps a prompt in its cache after its last use. Writing for an hour costs more. */
  readonly promptCacheTtl?: '5m' | '1h'
  /** `safety_identifier`: a stable id of the end user, such as a hash. */
  readonly safetyIdentifier?: string
}

/** Settings of the model for one run: plain JSON, which the run records. */
export interface RunSettings extends RequestParameters {
  /** Sent unchanged and unchecked, over the parameters of the same name. Its keys are added to those of the settings of the model. */
  readonly extraBody?: JsonObject
}
