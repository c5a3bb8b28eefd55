import type { AttemptOptions } from './attempts.ts'
import type { Dispatcher } from './dispatch.ts'
import type { ExchangeObserver, RequestOrigin } from './exchange-observer.ts'
import type { Json, JsonObject } from './json.ts'
import type { AssistantMessage, Message } from './messages.ts'
import type { RunSettings } from './request-parameters.ts'
import type { Prices, Usage } from './usage.ts'

/** What an agent needs from a model. Adapters implement it; core knows nothing about HTTP, wire formats and model names. */
export interface Model {
  /** Endpoint and model, for people: `evolink/kimi-k2-thinking`. */
  readonly id: string
  readonly traits: ModelTraits
  /** May be shared with other models: each request first waits for a permit. */
  readonly limiter?: Limiter
  /**
   * Sends the request once and yields what comes back. The events of one network chunk come as one array; the last event is
   * `reply`. A model that does not stream yields the same events in one array.
   *
   * @throws {AgentError} When the request was refused or the reply is incomplete. `retryable` says whether sending it again may help.
   */
  stream(request: ModelRequest, options: ModelCallOptions): AsyncIterable<readonly ModelEvent[]>
  /**
   * The input schema of a tool as this model gets it: in the flavour of JSON Schema of its endpoint. A search among tools shows it. Default:
   * the schema unchanged.
   *
   * @throws {AgentError} `invalid-tool` for a schema that the endpoint cannot be sent.
   */
  schemaAsSent?(tool: ToolDefinition): JsonObject | Promise<JsonObject>
  /**
   * A single request outside any run, not streamed, with all candidates. It is sent again as in a run: up to 3 attempts by default.
   *
   * @throws {AgentError} As `stream`; `invalid-options` for an unknown option.
   */
  complete(request: ModelRequest, options?: CompleteOptions): Promise<Completion>
  /**
   * The same model with these settings over its own, name by name: for one run. Absent for models that take none.
   *
   * @throws {AgentError} `invalid-options`, as where the model is made.
   */
  withSettings?(settings: RunSettings): Model
  /** The same model, whose HTTP exchanges `observer` sees. Absent for models that do not use HTTP. */
  observed?(observer: ExchangeObserver): Model
  /** The same model, whose requests go to `dispatcher`. Absent for models that do not use HTTP. */
  through?(dispatcher: Dispatcher): Model
}

/** Options of `model.complete()`. */
export interface CompleteOptions {
  /** Aborts the request, and the wait for its retry. */
  readonly signal?: AbortSignal
  readonly attempts?: AttemptOptions
}

/** Limits the requests of all models that share it, in the order in which they asked: `createLimiter()`. */
export interface Limiter {
  /**
   * Waits for a permit.
   *
   * @param tokens - Estimate for the request.
   * @throws The reason of the signal.
   */
  acquire(tokens: number, signal: AbortSignal): Promise<Permit>
  /** Starts no request for this many milliseconds, because a server asked for it. */
  pause(ms: number): void
}

/** A permit for one request. */
export interface Permit {
  /** Gives the permit back, with the tokens that were used if they are known. A second call does nothing. */
  release(usedTokens?: number): void
}

/** Facts about a model that the loop depends on, taken from its profile. */
export interface ModelTraits {
  /** False when the endpoint refuses tools for this model, and they do not reach it as text either. */
  readonly tools: boolean
  /** What the endpoint accepts as the name of a tool. Default: any name that `tool()` takes. */
  readonly toolNames?: ToolNameRule
  /** The values of tool choice that may be sent; empty when the parameter may not be sent at all. */
  readonly toolChoices: readonly ToolChoice[]
  /** Ways in which the endpoint can guarantee JSON, best first: of a given schema (`native`), or any (`json`). Default: none. */
  readonly outputModes?: readonly ('native' | 'json')[]
  /** True when every object that is sent must list its properties, so that an object of any shape is sent as a text of JSON. Default: false. */
  readonly closedSchemas?: boolean
  /** Candidates of each reply that the settings ask for; an agent accepts only 1. */
  readonly candidates: number
  /** Identifies the endpoint and credential whose retry budget this model shares; never contains a key. Default: the `id`. */
  readonly retryScope?: string
  /** Without prices, cost is unknown. */
  readonly prices?: Prices
  /** Tokens of a request and its reply together. Default: unknown. */
  readonly contextWindow?: number
  /** Tokens of a reply at most: what the settings ask for, or the endpoint's own limit. Default: unknown. */
  readonly maxOutputTokens?: number
  /** How long the endpoint keeps a prompt prefix in its cache after its last use, in milliseconds. Default: unknown. */
  readonly cacheLifetimeMs?: number
}

/** The rule for tool names: a regular expression for the complete name, and the same rule in words. */
export interface ToolNameRule {
  readonly pattern: string
  readonly words: string
}

/** Options of one request to a model. */
export interface ModelCallOptions {
  readonly signal: AbortSignal
  /** For observers of the model. Absent where the run has none, and outside of runs. */
  readonly origin?: RequestOrigin
}

/** What is sent to a model. */
export interface ModelRequest {
  /** Sent as a system message before all others. */
  readonly instructions?: string
  readonly messages: readonly Message[]
  /** The same array for each step of a run, so that it is serialised once. */
  readonly tools?: readonly ToolDefinition[]
  readonly toolChoice?: ToolChoice
  /** Output tokens of this request at most, reasoning included. The setting of the model applies where it is lower. */
  readonly maxOutputTokens?: number
  /** Asks the endpoint for JSON; with a schema, for JSON of that shape. Only if `traits.outputModes` has it. */
  readonly responseFormat?: { readonly type: 'json'; readonly schema?: JsonObject }
}

/** A tool as the model sees it. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string
  /** JSON Schema whose top is an object. */
  readonly inputSchema: JsonObject
}

/** Whether the model may, must or must not call tools. */
export type ToolChoice = 'auto' | 'none' | 'required'

/** One event of a streamed reply; `reply` is the last. */
export type ModelEvent =
  | { readonly type: 'text-delta'; readonly delta: string }
  | { readonly type: 'reasoning-delta'; readonly delta: string }
  /** A piece of the arguments of the call at `index`; `toolName` comes with its first piece. */
  | { readonly type: 'tool-call-delta'; readonly index: number; readonly toolName?: string; readonly delta: string }
  | { readonly type: 'warning'; readonly warning: Warning }
  /** The adapter corrected something by itself: it changed a refused request, or recovered a call from text. `what` is stable. */
  | { readonly type: 'repaired'; readonly what: string; readonly message: string }
  /** The complete reply: always the last event, exactly once. */
  | { readonly type: 'reply'; readonly reply: ModelReply }

/** A complete reply of a model. */
export interface ModelReply {
  readonly message: AssistantMessage
  readonly finishReason: FinishReason
  /** The provider's own finish reason. */
  readonly rawFinishReason?: string
  /** True when the output limit was reached, whatever the finish reason says: calls may be incomplete. */
  readonly atOutputLimit: boolean
  readonly usage: Usage
  readonly response: ResponseInfo
}

/** Why the model stopped. `other` is an unknown finish reason: see `rawFinishReason`. */
export type FinishReason = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'other'

/** What the provider said about its response, unchanged. */
export interface ResponseInfo {
  readonly id?: string
  readonly object?: string
  /** Seconds since the Unix epoch. */
  readonly created?: number
  /** The model that replied; it can differ from the requested one. */
  readonly model?: string
  readonly systemFingerprint?: string
  /** The provider's id of the request, from its headers. */
  readonly requestId?: string
  /** The usage object of the response, unchanged. */
  readonly rawUsage?: Json
}

/** The result of `complete()`. */
export interface Completion extends ModelReply {
  /** All candidates in the provider's order; the fields beside it are those of the first. */
  readonly candidates: readonly Candidate[]
  /** Requests that were sent. */
  readonly attempts: number
  /** The response body, unchanged. */
  readonly raw: Json
  readonly warnings: readonly Warning[]
}

/** One of several replies to the same request. */
export interface Candidate {
  readonly message: AssistantMessage
  readonly finishReason: FinishReason
  readonly rawFinishReason?: string
  /** Log probabilities as the provider sent them. */
  readonly logprobs?: Json
}

/** A problem that does not end the run. `code` is stable. */
export interface Warning extends JsonObject {
  readonly code: string
  readonly message: string
}
