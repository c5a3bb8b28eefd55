import { ToolError } from '@capstan/core'

const reasons: readonly (readonly [codes: RegExp, reason: string])[] = [
  [/^(?:ENOTFOUND|EAI_|ENODATA|ESERVFAIL|ETIMEOUT)/, 'the host was not found'],
  [/^ECONNREFUSED$/, 'the host refused the connection'],
  [/^(?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL)$/, 'there is no way to the host'],
  [/^ETIMEDOUT$/, 'the host did not answer'],
  [/^(?:ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE)$/, 'the connection broke off'],
  [/CERT|SELF_SIGNED|ISSUER|SIGNATURE/, 'the certificate of the host is not valid for it'],
  [/^(?:ERR_SSL|ERR_TLS|EPROTO)/, 'the host does not speak TLS as expected'],
  [/^HPE_HEADER_OVERFLOW$/, 'the headers of the response are too long'],
  [/^HPE_/, 'the response is not valid HTTP'],
  [/^(?:Z_|ERR__ERROR_|ERR_BROTLI|ERR_PADDING|ERR_BUFFER)/, 'the compressed body of the response is damaged'],
]

/**
 * What the model is told about an error of the network: no address and no path of the system.
 *
 * @returns The error itself if the call was aborted, or if it is already one for the model.
 */
export function explainNetworkError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  // Several addresses were tried in vain.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const code = first instanceof Error && 'code' in first && typeof first.code === 'string' ? first.code : undefined
  if (code === undefined || ToolError.is(first)) return error
  const reason = reasons.find(([codes]) => codes.test(code))?.[1]
  return reason === undefined ? error : new ToolError(`There is no response: ${reason} (${code}).`, { cause: error })
}
