import { AgentError, textOf, toolCallsOf, type Warning } from '@capstan/core'
import { cap, redact } from '../redact.ts'
import type { FinishedMessage } from './assemble-message.ts'
import type { DecodeContext, ErrorDetails } from './decode-context.ts'

const maxWords = 1_000

/**
 * The refusal of a model (`refusal` in its message). Beside text or calls it is a warning.
 *
 * @returns `undefined` when the model did not refuse.
 * @throws {AgentError} `content-refused` with the text of the refusal, when the message has nothing else. It is not retryable: the same request is refused again, at the same cost.
 */
export function refusalOf({ message, refusal }: FinishedMessage, { model, secrets }: DecodeContext, details: ErrorDetails): Warning | undefined {
  if (refusal === '') return undefined
  const words = cap(redact(refusal, secrets), maxWords)
  if (textOf(message).trim() !== '' || toolCallsOf(message).length > 0) return { code: 'refusal', message: `${model} refused a part of the request: ${words}` }
  throw new AgentError(`${model} refused the request: ${words}`, { code: 'content-refused', phase: 'finish', providerMessage: words, ...details })
}
