import { AgentError, type ContextOverflow, type ErrorPhase, type Json, type Usage } from '@capstan/core'
import { cap, redact } from '../redact.ts'
import { classifyError } from './classify-error.ts'
import { decodeErrorBody, type ProviderError } from './error-body.ts'
import { roomForOutput } from './output-room.ts'
import { overflowSizes } from './overflow-sizes.ts'
import { retryAfterMs } from './retry-after.ts'

/** What an error message may tell about the request. Only `secrets` are secret. */
export interface ErrorContext {
  readonly model: string
  /** Scheme, host and port. */
  readonly origin: string
  /** Where the key came from, such as `EVOLINK_API_KEY` or the setting `apiKey`; `undefined` when none was sent. */
  readonly keySource: string | undefined
  /** What else helps with a refused key. */
  readonly keyHint?: string | undefined
  /** What must never be shown. */
  readonly secrets: readonly string[]
  /** The output limit of the request; `undefined` where it had none. */
  readonly maxOutputTokens: number | undefined
}

/** A response that is an error. */
export interface ErrorResponse {
  /** The HTTP status; 0 for an error inside a 200. */
  readonly status: number
  readonly phase: ErrorPhase
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as text, or the parsed frame of a stream. */
  readonly body: string | Json
  readonly usage?: Usage | undefined
}

const maxProviderMessage = 1_000
const maxExcerpt = 200

/** The error of a response that reports one. The provider's words are kept, capped and with keys taken out. */
export function decodeError(response: ErrorResponse, context: ErrorContext): AgentError {
  const { status, headers, phase } = response
  // Before anything is cut: half a key would not be recognised.
  const said = readProviderError(typeof response.body === 'string' ? redact(response.body, context.secrets) : response.body)
  const { code, retryable, row } = classifyError(status, said)
  const providerMessage = cap(redact(said.message, context.secrets), maxProviderMessage)
  const delay = retryable ? delayOf(response, said) : undefined
  const requestId = requestIdOf(headers, context.secrets)
  const overflow = code === 'context-overflow' ? overflowOf(said, context) : undefined
  const shouldRetry = headers['x-should-retry']
  const statusText = status === 0 ? 'with an error inside a 200' : `with ${status}`
  const why = row === undefined ? [`No known rule fits these words, so it counts as ${code}, by its status.`] : []
  const hints = [...why, ...(code === 'auth-failed' ? [keyHintOf(context)] : []), ...(code === 'network-redirect' ? [redirectHint(headers)] : [])]
  return new AgentError(
    `${context.model} at ${context.origin} answered ${joinSentences(providerMessage === '' ? statusText : `${statusText}: ${providerMessage}`, hints.join(' '))}`,
    {
      code,
      phase,
      retryable: shouldRetry === 'true' || (retryable && shouldRetry !== 'false'),
      status: status === 0 ? undefined : status,
      retryAfterMs: delay,
      providerMessage: providerMessage === '' ? undefined : providerMessage,
      requestId,
      usage: response.usage,
      overflow,
    },
  )
}

function overflowOf({ message, windowTokens, promptTokens }: ProviderError, { maxOutputTokens }: ErrorContext): ContextOverflow | undefined {
  const sizes = overflowSizes(message, { ...(windowTokens !== undefined && { windowTokens }), ...(promptTokens !== undefined && { promptTokens }) })
  const roomTokens = sizes && roomForOutput(sizes, maxOutputTokens)
  return sizes && { ...sizes, ...(roomTokens !== undefined && { roomTokens }) }
}

/** How long the server asks to wait. An error inside a stream that asks for no delay gets our own one. */
function delayOf({ status, headers }: ErrorResponse, { message, delay }: ProviderError): number | undefined {
  const asked = retryAfterMs({ headers, message: `${message} ${delay}`, now: Date.now() })
  return status === 0 && asked === 0 ? undefined : asked
}

function joinSentences(first: string, second: string): string {
  const end = /[.!?…]$/.test(first) ? '' : '.'
  return second === '' ? `${first}${end}` : `${first}${end} ${second}`
}

/** The provider's words in an error body of any shape: JSON, HTML or plain text. */
export function readProviderError(body: string | Json): ProviderError {
  const parsed = typeof body === 'string' ? parseJson(body) : body
  const known = decodeErrorBody(parsed)
  if (known !== undefined) return known
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { message: excerpt(text), type: '', code: '', param: '', delay: '' }
}

/** The first 200 characters of a body in one line, for people. */
export function excerpt(text: string): string {
  return cap(
    text
      .slice(0, 4_000)
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, maxExcerpt + 1),
    maxExcerpt,
  ).replace(/ \(\d+ more characters\)$/, '')
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The provider's id of a request, from the headers where providers put it. */
export function requestIdOf(headers: Readonly<Record<string, string>>, secrets: readonly string[]): string | undefined {
  const id = headers['x-request-id'] ?? headers['x-deepseek-request-id'] ?? headers['x-trace-id'] ?? headers['request-id'] ?? headers['x-ds-trace-id']
  return id === undefined ? undefined : redact(id, secrets).slice(0, 200)
}

function keyHintOf({ keySource, keyHint }: ErrorContext): string {
  if (keySource === undefined) return 'No API key was sent: set `apiKey` or `apiKeyEnv`.'
  return `The key came from ${keySource}.${keyHint === undefined ? '' : ` ${keyHint}`}`
}

function redirectHint(headers: Readonly<Record<string, string>>): string {
  const location = headers['location'] ?? ''
  if (!URL.canParse(location)) return 'Use the final URL as `baseURL`.'
  return `It redirects to ${new URL(location).origin}; only 307 and 308 on the same origin are followed: use the final URL as \`baseURL\`.`
}
