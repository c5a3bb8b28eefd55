import type { Bill, SimulatedPrices } from '../billing/prices.ts'
import type { EndpointName } from '../endpoints/simulated-endpoint.ts'
import type { Fault, FaultRule } from '../faults/fault.ts'
import type { Json, JsonObject } from '../json.ts'
import type { SimulatedModel } from '../models/simulated-model.ts'

/** Settings of `startSimulator`. Every setting has a default; a key that is not known is refused. */
export interface SimulatorOptions {
  /** Port to listen on; 0, the default, takes a free one. */
  readonly port?: number | undefined
  /** Address to listen on; default `127.0.0.1`. */
  readonly host?: string | undefined
  /**
   * Names that the `Host` header of a request may have, beside this host, `localhost` and the names below it, loopback addresses, and the
   * address of the connection. All other names are refused with 403, because of DNS rebinding. Default none.
   */
  readonly allowedHosts?: readonly string[] | undefined
  /** When set, exactly this Bearer key is accepted; otherwise any key that is not empty. */
  readonly apiKey?: string | undefined
  /** Replies, used in the order of the requests. When absent, the offline model replies. */
  readonly script?: readonly ScriptedReply[] | undefined
  /** Chooses a reply for a request, before the script is used; `undefined` leaves the request to the script. */
  readonly respond?: ((request: SimulatedRequest) => ScriptedReply | undefined) | undefined
  /** Faults that are applied to the responses, by request number. */
  readonly faults?: readonly FaultRule[] | undefined
  /** Pause between server-sent events, in milliseconds; default 0. */
  readonly chunkDelayMs?: number | undefined
  /** Seed of ids, fingerprints and log probabilities; default 1. */
  readonly seed?: number | undefined
  /** Rules that are off by default, because the providers' pages leave them open. */
  readonly strict?: StrictOptions | undefined
  /** The endpoint to simulate: its paths, models, rules, error messages and the form of its responses. Default `evolink`. */
  readonly endpoint?: EndpointName | undefined
  /** The models served; default those of the endpoint. */
  readonly models?: readonly SimulatedModel[] | undefined
  /** Context window of all models, in tokens; default that of each model. A longer request is refused as the endpoint refuses it. */
  readonly contextTokens?: number | undefined
  /** Prices by model id, for `bill()`. Default none: tokens are counted, and amounts are `undefined`. */
  readonly prices?: Readonly<Record<string, SimulatedPrices>> | undefined
  /** The clock of the prompt cache, in milliseconds since the Unix epoch; default `Date.now`. */
  readonly now?: (() => number) | undefined
  /** Largest request body, in bytes; a larger one receives status 413. Default 32 MiB. */
  readonly maxBodyBytes?: number | undefined
  /**
   * Bound of the log of requests, in bytes of their bodies, to which 1,024 are added for each request. The oldest requests are dropped
   * from `Simulator.requests`; the newest one is always kept. Default 64 MiB; `Infinity` keeps all.
   */
  readonly maxLogBytes?: number | undefined
}

/** Stricter readings of what the providers' pages do not say. Each is off by default. */
export interface StrictOptions {
  /** A body key that the model's page does not list is a 400; otherwise it is ignored. */
  readonly unlistedParameters?: boolean | undefined
  /** `stream_options` is a 400, as at a server that does not know it. */
  readonly streamOptions?: boolean | undefined
  /** `tool_choice` is a 400, as at a server that does not know it. */
  readonly toolChoice?: boolean | undefined
  /** `max_tokens` is a 400 that asks for `max_completion_tokens`. */
  readonly tokenLimitName?: boolean | undefined
  /** Reasoning in the messages is a 400, as for `deepseek-reasoner` at the time of R1, and at some gateways. */
  readonly rejectReasoning?: boolean | undefined
  /** A thinking model requires `reasoning_content` on every assistant message, not only on those with tool calls. */
  readonly requireReasoning?: boolean | undefined
  /** Tool schemas are held to Moonshot's schema flavour (Kimi at Evolink; Moonshot's own endpoint does so anyway). */
  readonly toolSchemas?: boolean | undefined
  /** Ids of earlier calls may hold only letters, digits, `_` and `-`. */
  readonly callIds?: boolean | undefined
  /** Two user messages, or two assistant messages, in a row are refused. */
  readonly alternatingRoles?: boolean | undefined
  /** Tools are refused, as at a server that was started without its flags for them. */
  readonly noTools?: boolean | undefined
}

/** A running simulator. */
export interface Simulator {
  /** `http://HOST:PORT` and the path of the endpoint: `/v1`, nothing for `deepseek`, `/api/v1` for `openrouter`. */
  readonly baseURL: string
  /** The requests whose body has been read, in order of arrival; the newest ones, when there are more than `maxLogBytes` keeps. */
  readonly requests: readonly SimulatedRequest[]
  /** Number of all requests so far, including those that `requests` has dropped. */
  readonly requestCount: number
  /**
   * Waits for the request with this number, counted from 1.
   *
   * @throws {Error} If the simulator is closed first, or the request is not kept any more.
   */
  waitForRequest(count: number): Promise<SimulatedRequest>
  /**
   * Checks that the script was used up and that no request came after its end.
   *
   * @throws {Error} If scripted replies were never requested, a request came that the script did not expect, `respond` failed, or a fault did
   * not fit its response.
   */
  assertDone(): void
  /** What the requests so far cost: those to one model, or to all. */
  bill(model?: string): Bill
  /** Closes every connection and stops listening. May be called more than once. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** One request that the simulator received. */
export interface SimulatedRequest {
  /** Number of the request, from 0: its position in `Simulator.requests` while none has been dropped. */
  readonly index: number
  readonly method: string
  /** Path with the query string. */
  readonly path: string
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed body; `undefined` when there was none or it was not JSON. */
  readonly body: Json | undefined
  /** The body as it was received, decoded as UTF-8. */
  readonly rawBody: string
  /** Number of the connection, from 1. Requests on one socket have the same number. */
  readonly connectionId: number
  /** Status of the response; `undefined` before it is sent, and when none is sent. */
  readonly status: number | undefined
  /** What this request cost; `undefined` until it was served, and for requests that were not. */
  readonly bill: Bill | undefined
  /** True when the client disconnected before the response was complete. */
  readonly closedByClient: boolean
  /** Fulfilled when the exchange is over, whichever side ended it. */
  readonly ended: Promise<void>
}

/** A tool call of a scripted reply. */
export interface ScriptedToolCall {
  readonly name: string
  /** A string is sent byte for byte as the argument text, and may be invalid JSON. */
  readonly input: Json
  /** Default: an id in the style of the model's family. */
  readonly id?: string | undefined
  /** Default: the position of the call. */
  readonly index?: number | undefined
}

/** Token counts in the form of the wire. */
export type RawUsage = JsonObject

/**
 * The reply to one request, in one of three forms: in parts (`reasoning`, `text`, `toolCalls`, `finishReason`, `usage`), as exact `chunks`,
 * or as an HTTP response (`status`, `body`). `headers`, `delayMs` and `fault` go with any form.
 */
export interface ScriptedReply {
  readonly reasoning?: string | undefined
  readonly text?: string | undefined
  readonly toolCalls?: readonly ScriptedToolCall[] | undefined
  /** Default `tool_calls` when there are calls, else `stop`; null sends none. With a value of its own, the reply is not cut by `max_tokens` or `stop`. */
  readonly finishReason?: string | null | undefined
  /** Replaces fields of the computed usage; null sends none. */
  readonly usage?: RawUsage | null | undefined
  /** Exact stream chunks. They are always sent as a stream. */
  readonly chunks?: readonly Json[] | undefined
  /** Status of an HTTP response. Without `body`, the error body is that of the model's family. */
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: Json | undefined
  /** Pause before the response starts, in milliseconds. */
  readonly delayMs?: number | undefined
  /** A fault for this response only. */
  readonly fault?: Fault | undefined
}
