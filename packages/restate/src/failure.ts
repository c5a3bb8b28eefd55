import { AgentError } from '@capstan/core'
import { TerminalError } from '@restatedev/restate-sdk'

/**
 * What a handler throws for what a run rejected with. That a run ended is final: a `TerminalError` with the JSON of the `AgentError`
 * in `metadata.error`, that of the messages up to the last whole step in `metadata.messages`, and status 400 when nothing was begun.
 * Everything else Restate sees as it was, and may try again.
 */
export function toRestateError(error: unknown): unknown {
  if (!AgentError.is(error)) return error
  if (error.code === 'engine-failed') return error.cause
  const { phase, result, message } = error
  const metadata = { error: JSON.stringify(error), ...(result && { messages: JSON.stringify(result.messages) }) }
  return new TerminalError(message, { errorCode: phase === 'setup' ? 400 : 500, metadata })
}
