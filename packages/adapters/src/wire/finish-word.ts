import { AgentError, type FinishReason, type Usage, type Warning } from '@capstan/core'
import type { FinishMeaning } from '../profiles/profile.ts'
import { redact } from '../redact.ts'
import type { DecodeContext, ErrorDetails } from './decode-context.ts'
import { decodeFinishReason } from './finish-reason.ts'

/** True when the finish reason says so, or when the tokens do: some servers report a cut call as `tool_calls`. */
export function isAtOutputLimit(finishReason: FinishReason, usage: Usage | undefined, { maxOutputTokens }: DecodeContext): boolean {
  return finishReason === 'length' || (maxOutputTokens !== undefined && (usage?.outputTokens ?? 0) >= maxOutputTokens)
}

/** The finish reason of a message whose calls were recovered from markup is `tool-calls`, whatever the server reports. */
export function finishReasonOf(finishReason: FinishReason, hasRecovered: boolean): FinishReason {
  return hasRecovered && finishReason === 'stop' ? 'tool-calls' : finishReason
}

/** A finish word, decoded. */
export interface FinishWord {
  readonly finishReason: FinishReason
  /** Set for an unknown word. */
  readonly warning?: Warning
}

/**
 * The finish reason behind a provider's word.
 *
 * @throws {AgentError} `provider-overloaded` or `provider-failed` for words that report a broken reply.
 */
export function readFinishWord(word: string, context: DecodeContext, details: ErrorDetails): FinishWord {
  const meaning = decodeFinishReason(word, context.profile)
  if (isWhole(meaning)) return { finishReason: meaning }
  const shown = redact(word, context.secrets).slice(0, 80)
  if (meaning === 'overloaded' || meaning === 'failed') {
    const code = meaning === 'overloaded' ? 'provider-overloaded' : 'provider-failed'
    throw new AgentError(`${context.model} broke off its reply with finish reason '${shown}'.`, { code, phase: 'finish', retryable: true, ...details })
  }
  const message = `${context.model} ended its reply with an unknown finish reason: '${shown}'.`
  return { finishReason: 'other', warning: { code: 'unknown-finish-reason', message } }
}

function isWhole(meaning: FinishMeaning): meaning is Exclude<FinishReason, 'other'> {
  return meaning !== 'other' && meaning !== 'overloaded' && meaning !== 'failed'
}
