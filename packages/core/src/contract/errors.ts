import type { AgentErrorCode } from './error-codes.ts'
import type { JsonObject } from './json.ts'
import type { RunResult } from './result.ts'
import type { Usage } from './usage.ts'

/** Where it broke: before any request, at a phase of the HTTP exchange, in a tool, or in the loop itself. */
export type ErrorPhase = 'setup' | 'connect' | 'headers' | 'first' | 'stream' | 'finish' | 'tool' | 'loop'

export interface AgentErrorOptions {
  readonly code: AgentErrorCode
  readonly phase?: ErrorPhase
  /** True when the same request, sent again unchanged, may succeed. Default: false. */
  readonly retryable?: boolean
  /** The HTTP status, where there was one. */
  readonly status?: number
  /** Delay that the server asked for, in milliseconds. */
  readonly retryAfterMs?: number
  /** The provider's own words, as it sent them, capped. */
  readonly providerMessage?: string
  /** The provider's id of the request, for its support. */
  readonly requestId?: string
  /** What the provider reported for the failed request. */
  readonly usage?: Usage
  /** Requests sent for the step that failed. Default: 0. */
  readonly attempts?: number
  /** True when the connection was stale and the server saw nothing of the request: one retry at once costs nothing. Default: false. */
  readonly stale?: boolean
  /** True when the request is worded otherwise the next time, so that the rule it broke is kept: the same model is asked again at once. Default: false. */
  readonly reworded?: boolean
  readonly cause?: unknown
}

/** The JSON form of an error: in events, records and logs. */
export interface ErrorData extends JsonObject {
  readonly code: AgentErrorCode
  readonly message: string
  readonly phase: ErrorPhase
  readonly retryable: boolean
}

/**
 * The one base class of all errors that Capstan throws. Route on `code`, show `message`.
 * It never holds an API key or a whole prompt.
 */
export class AgentError extends Error {
  override readonly name: string = 'AgentError'
  readonly code: AgentErrorCode
  readonly phase: ErrorPhase
  /** True when the same request, sent again unchanged, may succeed. */
  readonly retryable: boolean
  readonly status: number | undefined
  /** Delay that the server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined
  readonly providerMessage: string | undefined
  readonly requestId: string | undefined
  /** What the provider reported for the failed request. */
  readonly usage: Usage | undefined
  /** Requests sent for the step that failed; 0 when it broke before any. */
  readonly attempts: number
  /** What the run had achieved: messages up to the last whole step, usage, partial text. Not enumerable: logs stay short. */
  declare readonly result: RunResult | undefined
  /** True when the connection was stale and the server saw nothing of the request. */
  readonly stale: boolean
  /** True when the request is worded otherwise the next time. */
  readonly reworded: boolean
  readonly isAgentError = true

  constructor(message: string, options: AgentErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.phase = options.phase ?? 'setup'
    this.retryable = options.retryable ?? false
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
    this.providerMessage = options.providerMessage
    this.requestId = options.requestId
    this.usage = options.usage
    this.attempts = options.attempts ?? 0
    this.stale = options.stale ?? false
    this.reworded = options.reworded ?? false
  }

  /** Works across two installed copies of the package, where `instanceof` does not. */
  static is(value: unknown): value is AgentError {
    return value instanceof Error && 'isAgentError' in value
  }

  /** The JSON form, without cause, stack and result. */
  toJSON(): ErrorData {
    const { code, message, phase, retryable, attempts, status, retryAfterMs, providerMessage, requestId } = this
    return {
      code,
      message,
      phase,
      retryable,
      ...(attempts > 0 && { attempts }),
      ...(status !== undefined && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(providerMessage !== undefined && { providerMessage }),
      ...(requestId !== undefined && { requestId }),
    }
  }
}

/** What differs in a copy. */
export interface ErrorChanges extends Partial<AgentErrorOptions> {
  readonly message?: string
}

/** A new error with the fields of another and some changes: an error object that is shared must not be changed. */
export function copyError(error: AgentError, { message = error.message, ...changes }: ErrorChanges): AgentError {
  const { code, phase, retryable, attempts, stale, reworded, status, retryAfterMs, providerMessage, requestId, usage, cause, stack } = error
  const known = { status, retryAfterMs, providerMessage, requestId, usage, cause }
  const options = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
  const copy = new AgentError(message, { code, phase, retryable, attempts, stale, reworded, ...options, ...changes })
  if (stack !== undefined) Object.defineProperty(copy, 'stack', { value: stack, writable: true, configurable: true })
  return copy
}

/** A failure whose message is written for the model. Any other error reaches the model as neutral text with an id. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
  readonly isToolError = true

  /** Works across two installed copies of the package. */
  static is(value: unknown): value is ToolError {
    return value instanceof Error && 'isToolError' in value
  }
}

/** Marks an error, so that throwing it from a tool ends the run instead of being told to the model. */
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
 * The run rejects with code `tool-fatal`, whose `cause` is this very error.
 */
export function fatal(error: unknown): FatalToolError {
  return new FatalToolError('A tool ended the run.', { cause: error })
}
