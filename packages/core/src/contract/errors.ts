import type { AgentErrorCode } from './error-codes.ts'
import type { JsonObject } from './json.ts'
import type { RunResult } from './result.ts'
import type { Usage } from './usage.ts'

/** Where it failed: `setup` is before any request, `connect` to `finish` are phases of the HTTP exchange, then a tool, or the loop itself. */
export type ErrorPhase = 'setup' | 'connect' | 'headers' | 'first' | 'stream' | 'finish' | 'tool' | 'loop'

/** The fields that a record, an event and a log have, where the error has a value for them, in this order. */
const jsonFields = ['attempts', 'status', 'retryAfterMs', 'providerMessage', 'requestId', 'overflow', 'runId'] as const
const otherFields = ['phase', 'retryable', 'usage', 'stale', 'reworded'] as const
const fields = [...jsonFields, ...otherFields]

/** What `new AgentError(message, options)` takes: the fields of the class, each optional except `code`. */
export interface AgentErrorOptions extends Pick<AgentError, 'code'>, Partial<Pick<AgentError, (typeof jsonFields | typeof otherFields)[number]>> {
  readonly cause?: unknown
}

/**
 * The sizes that a provider named when it refused a request as too long, in tokens. A size that it did not name, or only as a bound or an
 * estimate, is absent.
 */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type ContextOverflow = {
  /** The context window: prompt and reply together. */
  readonly windowTokens?: number
  readonly promptTokens?: number
  /** The output that the request asked for. */
  readonly outputTokens?: number
  /** What the provider counted or estimated as too much: the prompt, and at most endpoints the output that was asked for. */
  readonly requestedTokens?: number
  /** An output limit with which the same messages fit. Absent where lowering the limit does not help, or the sizes do not say it. */
  readonly roomTokens?: number
}

/**
 * The JSON form of an error, in events, records and logs.
 * It also holds `attempts`, `status`, `retryAfterMs`, `providerMessage`, `requestId`, `overflow` and `runId`, where the error has them.
 */
export interface ErrorData extends JsonObject, Pick<AgentError, 'code' | 'message' | 'phase' | 'retryable'> {}

/**
 * The base class of all errors that Capstan throws. Route on `code`, show `message`.
 * It never holds an API key or a complete prompt.
 */
export class AgentError extends Error {
  override readonly name: string = 'AgentError'
  readonly code: AgentErrorCode
  /** Default: `setup`. */
  readonly phase: ErrorPhase = 'setup'
  /** True when the same request, sent again unchanged, may succeed. Default: false. */
  readonly retryable: boolean = false
  /** Requests that were sent for the step that failed. Default: 0. */
  readonly attempts: number = 0
  /** The HTTP status, if a response came. */
  readonly status: number | undefined
  /** Delay that the server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The provider's own message, as it sent it, cut to a maximum length. */
  readonly providerMessage: string | undefined
  /** The provider's id of the request, for its support. */
  readonly requestId: string | undefined
  /** Of `context-overflow`: the sizes that the provider named. */
  readonly overflow: ContextOverflow | undefined
  /** The run that has its place in the session; only with the code `session-busy`. */
  readonly runId: string | undefined
  /** The usage that the provider reported for the failed request. */
  readonly usage: Usage | undefined
  /** True when a reused connection had been closed and the server saw nothing of the request: one immediate retry costs nothing. Default: false. */
  readonly stale: boolean = false
  /** True when the adapter will send a changed request that keeps the rule which this one broke: the same model is asked again at once. Default: false. */
  readonly reworded: boolean = false
  readonly isAgentError = true
  /** What the run had achieved: messages up to the last complete step, usage, partial text. Not enumerable, which keeps logs short. */
  declare readonly result: RunResult | undefined

  constructor(message: string, options: AgentErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    for (const name of fields) if (options[name] !== undefined) Object.assign(this, { [name]: options[name] })
  }

  /** Works across two installed copies of the package, where `instanceof` does not. */
  static is(value: unknown): value is AgentError {
    return value instanceof Error && 'isAgentError' in value
  }

  /** The JSON form, without `cause`, `stack`, `usage` and `result`. */
  toJSON(): ErrorData {
    const { code, message, phase, retryable } = this
    const known = jsonFields.filter((name) => this[name] !== undefined && (name !== 'attempts' || this.attempts > 0))
    return { code, message, phase, retryable, ...Object.fromEntries(known.map((name) => [name, this[name] ?? null])) }
  }
}

/**
 * Makes a new error with the fields, the cause and the stack of another and some changes. An error object may be shared, so it is
 * never changed itself.
 */
export function copyError(error: AgentError, { message = error.message, ...changes }: Partial<AgentErrorOptions> & { readonly message?: string }): AgentError {
  const { cause, stack } = error
  const copy = new AgentError(message, { ...Object.fromEntries(fields.map((name) => [name, error[name]])), code: error.code, cause, ...changes })
  if (stack !== undefined) Object.defineProperty(copy, 'stack', { value: stack, writable: true, configurable: true })
  return copy
}

/** An error whose message is written for the model. Of any other error the model gets only neutral text with an id. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
  readonly isToolError = true

  /** Works across two installed copies of the package. */
  static is(value: unknown): value is ToolError {
    return value instanceof Error && 'isToolError' in value
  }
}

/** Wraps an error that ends the run when a tool throws it; no other error of a tool does. Made by `fatal()`. */
export class FatalToolError extends Error {
  override readonly name = 'FatalToolError'
  readonly isFatalToolError = true

  /** Works across two installed copies of the package. */
  static is(value: unknown): value is FatalToolError {
    return value instanceof Error && 'isFatalToolError' in value
  }
}

/**
 * Wraps an error so that the run ends with it: `throw fatal(error)` inside a tool.
 * The run rejects with code `tool-fatal`; the `cause` of that error is the given one.
 */
export function fatal(error: unknown): FatalToolError {
  return new FatalToolError('A tool ended the run.', { cause: error })
}
