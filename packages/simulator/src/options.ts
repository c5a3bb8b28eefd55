import type { EndpointName } from './endpoints/simulated-endpoint.ts'
import type { Fault, FaultRule } from './faults/fault.ts'
import type { Json, JsonObject } from './json.ts'
import type { SimulatedModel } from './models/simulated-model.ts'

/** Settings of `startSimulator`. Everything has a default. */
export interface SimulatorOptions {
  /** Port to listen on; 0, the default, takes a free one. */
  readonly port?: number | undefined
  /** Address to listen on; default `127.0.0.1`. */
  readonly host?: string | undefined
  /** When set, exactly this Bearer key is accepted; otherwise any key that is not empty. */
  readonly apiKey?: string | undefined
  /** Replies, consumed in request order. When absent, the offline model answers. */
  readonly script?: readonly ScriptedReply[] | undefined
  /** Chooses a reply by request, before the script is asked; `undefined` passes the request on. */
  readonly respond?: ((request: SimulatedRequest) => ScriptedReply | undefined) | undefined
  /** Faults laid over the answers, by request number. */
  readonly faults?: readonly FaultRule[] | undefined
  /** Pause between server-sent events, in milliseconds; default 0. */
  readonly chunkDelayMs?: number | undefined
  /** Seed of ids, fingerprints and log probabilities; default 1. */
  readonly seed?: number | undefined
  /** Rules that are off by default, because the providers' pages leave them open. */
  readonly strict?: StrictOptions | undefined
  /** Whose endpoint is played: paths, models, rules, words and the form of answers. Default `evolink`. */
  readonly endpoint?: EndpointName | undefined
  /** The models served; default those of the endpoint. */
  readonly models?: readonly SimulatedModel[] | undefined
  /** Largest request body, in bytes; a larger one is answered with 413. Default 32 MiB. */
  readonly maxBodyBytes?: number | undefined
}

/** Stricter variants of what the pages leave open. Each is off by default. */
export interface StrictOptions {
  /** A body key that the model's page does not list is a 400; otherwise it is ignored. */
  readonly unlistedParameters?: boolean | undefined
  /** `stream_options` is a 400: a server that does not know it. */
  readonly streamOptions?: boolean | undefined
  /** `tool_choice` is a 400: a server that does not know it. */
  readonly toolChoice?: boolean | undefined
  /** `max_tokens` is a 400 that asks for `max_completion_tokens`. */
  readonly tokenLimitName?: boolean | undefined
  /** Reasoning in the messages is a 400, as for `deepseek-reasoner` in the days of R1 and at some gateways. */
  readonly rejectReasoning?: boolean | undefined
  /** A thinking model wants `reasoning_content` on every assistant message, not only on those with tool calls. */
  readonly requireReasoning?: boolean | undefined
  /** Tool schemas are held to Moonshot's schema flavour (Kimi at Evolink; Moonshot's own endpoint does so anyway). */
  readonly toolSchemas?: boolean | undefined
  /** Ids of earlier calls may hold letters, digits, `_` and `-` alone. */
  readonly callIds?: boolean | undefined
  /** Two user messages, or two assistant messages, in a row are refused. */
  readonly alternatingRoles?: boolean | undefined
  /** Tools are refused: a server that was started without its flags for them, or a host that has none. */
  readonly noTools?: boolean | undefined
}

/** A running simulator. */
export interface Simulator {
  /** `http://HOST:PORT` and the path of the endpoint: `/v1`, nothing for `deepseek`, `/api/v1` for `openrouter`. */
  readonly baseURL: string
  /** Every request so far whose body has been read, in order of arrival. */
  readonly requests: readonly SimulatedRequest[]
  /**
   * Waits for the request with this number, counted from 1.
   *
   * @throws {Error} If the simulator is closed first.
   */
  waitForRequest(count: number): Promise<SimulatedRequest>
  /**
   * Checks that the script was used up and nothing was asked beyond it.
   *
   * @throws {Error} If scripted replies were never asked for, a request came that the script did not expect, or a fault did not fit its answer.
   */
  assertDone(): void
  /** Ends every connection and stops listening. May be called more than once. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** One request that the simulator received. */
export interface SimulatedRequest {
  /** Position in `Simulator.requests`, from 0. */
  readonly index: number
  readonly method: string
  /** Path with the query string. */
  readonly path: string
  /** Header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed body; `undefined` when there was none or it was not JSON. */
  readonly body: Json | undefined
  /** The body as it came, decoded as UTF-8. */
  readonly rawBody: string
  /** Number of the connection, from 1: requests that share a socket share it. */
  readonly connectionId: number
  /** Status of the answer; `undefined` while there is none, and when none was sent. */
  readonly status: number | undefined
  /** True when the client left before the answer was sent whole. */
  readonly closedByClient: boolean
  /** Fulfilled when the exchange is over, whoever ended it. */
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

/** Token counts as they stand on the wire. */
export type RawUsage = JsonObject

/** What the script answers to one request. */
export interface ScriptedReply {
  readonly reasoning?: string | undefined
  readonly text?: string | undefined
  readonly toolCalls?: readonly ScriptedToolCall[] | undefined
  /** Default `tool_calls` when there are calls, else `stop`; null is never sent. A given value is not changed by `max_tokens` or `stop`. */
  readonly finishReason?: string | null | undefined
  /** Laid over the computed usage; null sends none. */
  readonly usage?: RawUsage | null | undefined
  /** Exact stream chunks, instead of all of the above. Always sent as a stream. */
  readonly chunks?: readonly Json[] | undefined
  /** Together with or without `body`: an HTTP answer of its own. */
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: Json | undefined
  /** Pause before the answer starts, in milliseconds. */
  readonly delayMs?: number | undefined
  /** A fault for this answer alone. */
  readonly fault?: Fault | undefined
}
