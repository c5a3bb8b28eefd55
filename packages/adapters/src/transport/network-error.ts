import { AgentError, type AgentErrorCode, type ErrorPhase } from '@capstan/core'
import { copyError } from '@capstan/core/internal'
import { cap, redact } from '../redact.ts'

interface Meaning {
  readonly code: AgentErrorCode
  readonly retryable: boolean
  readonly what: string
}

const refused: Meaning = { code: 'network-refused', retryable: true, what: 'the connection was refused' }
const reset: Meaning = { code: 'network-reset', retryable: true, what: 'the connection was reset or closed' }
const timedOut: Meaning = { code: 'connect-timeout', retryable: true, what: 'no connection was made in time' }
const protocol: Meaning = { code: 'network-protocol', retryable: true, what: 'the response is not valid HTTP' }

/**
 * Codes of Node and undici.
 *
 * @see https://nodejs.org/api/errors.html#common-system-errors
 * @see https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md
 */
const meanings: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: { code: 'network-dns', retryable: false, what: 'the host name could not be resolved' },
  EAI_AGAIN: { code: 'network-dns', retryable: true, what: 'the host name could not be resolved for now' },
  EAI_FAIL: { code: 'network-dns', retryable: true, what: 'the host name could not be resolved' },
  ECONNREFUSED: refused,
  EHOSTUNREACH: refused,
  ENETUNREACH: refused,
  EADDRNOTAVAIL: refused,
  ECONNRESET: reset,
  ECONNABORTED: reset,
  EPIPE: reset,
  UND_ERR_SOCKET: reset,
  UND_ERR_CLOSED: reset,
  UND_ERR_DESTROYED: reset,
  ETIMEDOUT: timedOut,
  UND_ERR_CONNECT_TIMEOUT: timedOut,
  UND_ERR_HEADERS_TIMEOUT: { code: 'headers-timeout', retryable: true, what: 'no response headers came in time' },
  UND_ERR_BODY_TIMEOUT: { code: 'stream-timeout', retryable: true, what: 'the response fell silent' },
  UND_ERR_HEADERS_OVERFLOW: { ...protocol, retryable: false, what: 'the response headers are too large' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: protocol,
  // A proxy that refused the tunnel, or a dispatcher that gave up.
  UND_ERR_ABORTED: { code: 'network-refused', retryable: false, what: 'a proxy or the dispatcher refused it' },
  UND_MOCK_ERR_MOCK_NOT_MATCHED: { code: 'network-refused', retryable: false, what: 'the MockAgent has no reply for it' },
  UND_ERR_INVALID_ARG: { code: 'invalid-options', retryable: false, what: 'the request cannot be sent' },
}

/** Codes of OpenSSL and of Node's certificate checks. */
const tlsCode = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|HOSTNAME_MISMATCH)/

/** What an error says about the exchange that failed. */
export interface NetworkErrorContext {
  readonly origin: string
  readonly phase: ErrorPhase
  readonly secrets: readonly string[]
  /** True when the connection had been idle before. */
  readonly isReused?: boolean
}

/** The error of a connection that could not be made or broke. An `AgentError` of a dispatcher keeps its code. Otherwise its cause is a copy of the original without the bytes that came. */
export function networkError(error: unknown, context: NetworkErrorContext): AgentError {
  if (AgentError.is(error)) return copyError(error, { phase: context.phase })
  const code = codeOf(error)
  const cause = safeCause(error, context.secrets)
  if (code === 'UND_ERR_INVALID_ARG' && /invalid on[A-Z]\w* method/.test(cause.message)) return otherUndici(context, cause)
  // Node reports ETIMEDOUT also for a connection that was lost later.
  const meaning = code === 'ETIMEDOUT' && context.phase !== 'connect' ? reset : meaningOf(code)
  const hint = meaning.code === 'network-refused' || meaning.code === 'network-dns' || meaning.code === 'connect-timeout' ? proxyHint() : ''
  const detail = meaning.code === 'invalid-options' ? `: ${cause.message}` : ''
  return new AgentError(`The request to ${context.origin} failed: ${meaning.what}${code === '' ? '' : ` (${code}${detail})`}.${hint}`, {
    code: meaning.code,
    phase: context.phase,
    retryable: meaning.retryable,
    stale: context.isReused === true && context.phase === 'headers' && meaning.code === 'network-reset',
    cause,
  })
}

/** undici checks the methods of a handler, whose names changed with version 7. */
function otherUndici({ phase }: NetworkErrorContext, cause: Error): AgentError {
  const message =
    `The \`dispatcher\` in the settings belongs to another major version of undici (${cause.message}). Capstan calls dispatchers as ` +
    'undici 7 defines them. Install undici@7 and create the dispatcher with it.'
  return new AgentError(message, { code: 'invalid-options', phase, cause })
}

/** The error of a dispatcher that threw instead of sending, or broke its contract. Errors of undici have a code; anything else is a defect. */
export function dispatchError(error: unknown, context: NetworkErrorContext): AgentError {
  if (error instanceof Error && 'code' in error) return networkError(error, context)
  return new AgentError('The dispatcher failed instead of sending the request.', { code: 'internal', phase: context.phase, cause: error })
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Node wraps the errors of several addresses; the first is as good as any.
  if (error instanceof AggregateError && code === '') return codeOf(error.errors[0])
  // undici's parser does not always give its errors a code.
  if (error.name === 'HTTPParserError' && code === '') return 'HPE_ERROR'
  return code
}

function meaningOf(code: string): Meaning {
  if (Object.hasOwn(meanings, code)) return meanings[code] ?? protocol
  if (tlsCode.test(code)) return { code: 'network-tls', retryable: false, what: 'the TLS connection failed' }
  if (code.startsWith('HPE_')) return protocol
  return reset
}

function proxyHint(): string {
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'https_proxy', 'http_proxy', 'all_proxy']
  const set = names.find((name) => (process.env[name] ?? '') !== '')
  return set === undefined ? '' : ` The environment variable ${set} is set but not used: pass a ProxyAgent as \`dispatcher\`.`
}

/** The original can hold bytes of the response or the socket; only name, code and message help. */
function safeCause(error: unknown, secrets: readonly string[]): Error {
  const message = cap(redact(error instanceof Error ? error.message : String(error), secrets), 500)
  const cause = new Error(message)
  cause.name = error instanceof Error ? error.name : 'Error'
  const code = codeOf(error)
  return code === '' ? cause : Object.assign(cause, { code })
}
