import type { AttemptOptions } from './attempts.ts'
import type { Json, JsonObject } from './json.ts'
import type { AssistantMessage, Message } from './messages.ts'
import type { Prices, Usage } from './usage.ts'

/** What an agent needs of a model. Adapters implement it; core knows no HTTP, no wire format and no model name. */
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
   * @throws {AgentError} When the request was refused or the answer is not whole. `retryable` says whether sending it again may help.
   */
  stream(request: ModelRequest, options: ModelCallOptions): AsyncIterable<readonly ModelEvent[]>
  /**
   * A single request outside any run, not streamed, with all candidates. It is sent again as in a run: up to 3 attempts by default.
   *
   * @throws {AgentError} As `stream`; `invalid-options` for an unknown option.
   */
  complete(request: ModelRequest, options?: CompleteOptions): Promise<Completion>
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

/** What a loop may ask about a model, taken from its profile. */
export interface ModelTraits {
  /** False when the endpoint refuses tools for this model. */
  readonly tools: boolean
  /** The values of tool choice that may be sent; empty when the parameter may not be sent at all. */
  readonly toolChoices: readonly ToolChoice[]
  /** Ways in which the endpoint holds an answer to JSON, best first. Default: none. */
  readonly outputModes?: readonly ('native' | 'json')[]
  /** Candidates of each answer that the settings ask for; an agent takes only 1. */
  readonly candidates: number
  /** Names the endpoint and credential whose retry budget this model shares. Default: the `id`. Never a key. */
  readonly retryScope?: string
  /** Without prices, cost is unknown. */
  readonly prices?: Prices
}

/** Options of one request to a model. */
export interface ModelCallOptions {
  readonly signal: AbortSignal
}

/** What is sent to a model. */
export interface ModelRequest {
  /** Sent as a system message before all others. */
  readonly instructions?: string
  readonly messages: readonly Message[]
  /** The same array for each step of a run, so that it is serialised once. */
  readonly tools?: readonly ToolDefinition[]
  readonly toolChoice?: ToolChoice
  /** Asks the endpoint for JSON; with a schema, for JSON of that shape. Only where `traits.outputModes` has it. */
  readonly responseFormat?: { readonly type: 'json'; readonly schema?: JsonObject }
}

/** What the model is told about a tool. */
export interface ToolDefinition {
  readonly name: string
  readonly description: string
  /** JSON Schema with an object at its top. */
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
  /** Something was set right without asking: a request worded otherwise, a call recovered from text. `what` is stable. */
  | { readonly type: 'repaired'; readonly what: string; readonly message: string }
  /** The whole answer: always the last event, exactly once. */
  | { readonly type: 'reply'; readonly reply: ModelReply }

/** A complete reply of a model. */
export interface ModelReply {
  readonly message: AssistantMessage
  readonly finishReason: FinishReason
  /** The provider's own word. */
  readonly rawFinishReason?: string
  /** True when the output limit was reached whatever the finish reason says: calls are not provably complete. */
  readonly atOutputLimit: boolean
  readonly usage: Usage
  readonly response: ResponseInfo
}

/** Why the model stopped. `other` is a word we do not know: see `rawFinishReason`. */
export type FinishReason = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'other'

/** What the provider said about its answer, as it said it. */
export interface ResponseInfo {
  readonly id?: string
  readonly object?: string
  /** Seconds since the Unix epoch. */
  readonly created?: number
  /** The model that answered; it can differ from the one asked for. */
  readonly model?: string
  readonly systemFingerprint?: string
  /** The provider's id of the request, from its headers. */
  readonly requestId?: string
  /** The usage object as it came. */
  readonly rawUsage?: Json
}

/** The answer of `complete()`. */
export interface Completion extends ModelReply {
  /** All candidates in the provider's order; the fields beside it are those of the first. */
  readonly candidates: readonly Candidate[]
  /** Requests that were sent. */
  readonly attempts: number
  /** The body as it came. */
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

/** Something that is worth knowing and breaks nothing. `code` is stable. */
export interface Warning extends JsonObject {
  readonly code: string
  readonly message: string
}
