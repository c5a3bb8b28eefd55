import { AgentError } from '@capstan/core'
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client'
import { cleanText } from './tools/clean-text.ts'

/** A connection that ended, or a request that the server did not answer. The message may go to the model. */
export class ConnectionFailure extends Error {
  override readonly name = 'ConnectionFailure'
}

/** A connection that ended after a request was sent: what was asked may have been done. */
export class LostRequest extends ConnectionFailure {}

/** The error for a server that cannot be used. */
export function serverFailed(server: string, reason: string, cause?: unknown): AgentError {
  return new AgentError(`The MCP server ${server} ${reason}`, { code: 'mcp-failed', cause })
}

/** Says what went wrong with a request, without what the headers of the request hold. */
export function describeFailure(error: unknown): string {
  if (error instanceof ConnectionFailure) return error.message
  if (error instanceof SdkHttpError) return `it answered with HTTP ${error.status}${bodyOf(error)}`
  if (error instanceof ProtocolError) return `it refused the request (${error.code}): ${shorten(error.message)}`
  if (error instanceof SdkError && error.code === SdkErrorCode.InvalidResult)
    return `it answered with something that the protocol does not allow: ${shorten(error.message)}`
  if (error instanceof Error) return shorten(error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message)
  return shorten(String(error))
}

function bodyOf({ data: { text } }: SdkHttpError): string {
  return typeof text === 'string' && text.trim() !== '' ? `: ${shorten(text)}` : ''
}

function shorten(text: string): string {
  const clean = cleanText(text).trim()
  return clean.length > 500 ? `${clean.slice(0, 500)}…` : clean
}
