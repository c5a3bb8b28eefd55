import { AgentError, textOf, toolCallsOf, type Warning } from '@capstan/core'
import { cap, redact } from '../redact.ts'
import type { FinishedMessage } from './assemble-message.ts'
import type { DecodeContext, ErrorDetails } from './decode-context.ts'

const maxWords = 1_000

/**
 * What a model said instead of a reply (`refusal`). Beside text or calls it is a warning.
 *
 * @returns `undefined` when the model did not refuse.
 * @throws {AgentError} `content-refused` with the words of the model, when there is nothing else: asking again costs as much and gives the same.
 */
export function refusalOf({ message, refusal }: FinishedMessage, { model, secrets }: DecodeContext, details: ErrorDetails): Warning | undefined {
  if (refusal === '') return undefined
  const words = cap(redact(refusal, secrets), maxWords)
  if (textOf(message).trim() !== '' || toolCallsOf(message).length > 0) return { code: 'refusal', message: `${model} refused a part of the request: ${words}` }
  throw new AgentError(`${model} refused the request: ${words}`, { code: 'content-refused', phase: 'finish', providerMessage: words, ...details })
}
