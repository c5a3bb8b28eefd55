import { AgentError } from '@capstan/core'
import { TerminalError } from '@restatedev/restate-sdk'

/**
 * Converts the rejection of a run to what the handler throws. An error that ended the run becomes a `TerminalError`, which Restate does not
 * retry: `metadata.error` is the JSON of the `AgentError`, `metadata.messages` that of the messages up to the last complete step, and the
 * status is 400 if the run did not begin. Any other error is passed on unchanged, and Restate may retry.
 */
export function toRestateError(error: unknown): unknown {
  if (!AgentError.is(error)) return error
  if (error.code === 'engine-failed') return error.cause
  const { phase, result, message } = error
  const metadata = { error: JSON.stringify(error), ...(result && { messages: JSON.stringify(result.messages) }) }
  return new TerminalError(message, { errorCode: phase === 'setup' ? 400 : 500, metadata })
}
