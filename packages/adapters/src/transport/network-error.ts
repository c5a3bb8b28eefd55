import { AgentError, type AgentErrorCode, type ErrorPhase } from '@capstan/core'
import { cap, redact } from '../redact.ts'

interface Meaning {
  readonly code: AgentErrorCode
  readonly retryable: boolean
  readonly what: string
}

const refused: Meaning = { code: 'network-refused', retryable: true, what: 'the connection was refused' }
const reset: Meaning = { code: 'network-reset', retryable: true, what: 'the connection was reset or closed' }
const timedOut: Meaning = { code: 'connect-timeout', retryable: true, what: 'no connection was made in time' }
const protocol: Meaning = { code: 'network-protocol', retryable: true, what: 'what came back is not valid HTTP' }

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
  UND_ERR_BODY_TIMEOUT: { code: 'stream-timeout', retryable: true, what: 'the answer fell silent' },
  UND_ERR_HEADERS_OVERFLOW: { ...protocol, retryable: false, what: 'the response headers are too large' },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: protocol,
  // A proxy that refused the tunnel, or a dispatcher that gave up.
  UND_ERR_ABORTED: { code: 'network-refused', retryable: false, what: 'a proxy or the dispatcher refused it' },
  UND_ERR_INVALID_ARG: { code: 'invalid-options', retryable: false, what: 'the request cannot be sent' },
}

/** Words of OpenSSL and of Node's certificate checks. */
const tlsCode = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|HOSTNAME_MISMATCH)/

/** What a broken connection is blamed on. */
export interface NetworkErrorPlace {
  readonly origin: string
  readonly phase: ErrorPhase
  readonly secrets: readonly string[]
  /** True when the connection had been idle before. */
  readonly isReused?: boolean
}

/** Makes the error of a connection that could not be made or broke. Its cause is a copy of the original without the bytes that came. */
export function networkError(error: unknown, place: NetworkErrorPlace): AgentError {
  const code = codeOf(error)
  // Node says ETIMEDOUT for a connection that died, too.
  const meaning = code === 'ETIMEDOUT' && place.phase !== 'connect' ? reset : meaningOf(code)
  const hint = meaning.code === 'network-refused' || meaning.code === 'network-dns' || meaning.code === 'connect-timeout' ? proxyHint() : ''
  return new AgentError(`The request to ${place.origin} failed: ${meaning.what}${code === '' ? '' : ` (${code})`}.${hint}`, {
    code: meaning.code,
    phase: place.phase,
    retryable: meaning.retryable,
    stale: place.isReused === true && place.phase === 'headers' && meaning.code === 'network-reset',
    cause: safeCause(error, place.secrets),
  })
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Node wraps the errors of several addresses; the first stands for all.
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
  return set === undefined ? '' : ` The variable ${set} is set but not used: hand in a proxy as \`dispatcher\`.`
}

/** The original can hold bytes of the answer or the socket; name, code and message are what helps. */
function safeCause(error: unknown, secrets: readonly string[]): Error {
  const message = cap(redact(error instanceof Error ? error.message : String(error), secrets), 500)
  const cause = new Error(message)
  cause.name = error instanceof Error ? error.name : 'Error'
  const code = codeOf(error)
  return code === '' ? cause : Object.assign(cause, { code })
}
