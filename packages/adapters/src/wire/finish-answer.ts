import { AgentError, type FinishReason, type Usage, type Warning } from '@capstan/core'
import type { FinishMeaning } from '../profiles/profile.ts'
import { redact } from '../redact.ts'
import type { AboutAnswer, DecodeContext } from './decode-context.ts'
import { decodeFinishReason } from './finish-reason.ts'

/** True when the finish reason says so, or when the tokens do: some servers report a cut call as `tool_calls`. */
export function isAtOutputLimit(finishReason: FinishReason, usage: Usage | undefined, { maxOutputTokens }: DecodeContext): boolean {
  return finishReason === 'length' || (maxOutputTokens !== undefined && (usage?.outputTokens ?? 0) >= maxOutputTokens)
}

/** A model whose calls came as markup has stopped for them, whatever its server says. */
export function finishReasonOf(finishReason: FinishReason, hasRecovered: boolean): FinishReason {
  return hasRecovered && finishReason === 'stop' ? 'tool-calls' : finishReason
}

/** What a finish word says. */
export interface FinishWord {
  readonly finishReason: FinishReason
  /** For a word that is not known. */
  readonly warning?: Warning
}

/**
 * The finish reason behind a provider's word.
 *
 * @throws {AgentError} `provider-overloaded` or `provider-failed` for words that mean the answer broke.
 */
export function readFinishWord(word: string, context: DecodeContext, about: AboutAnswer): FinishWord {
  const meaning = decodeFinishReason(word, context.profile)
  if (isWhole(meaning)) return { finishReason: meaning }
  const shown = redact(word, context.secrets).slice(0, 80)
  if (meaning === 'overloaded' || meaning === 'failed') {
    const code = meaning === 'overloaded' ? 'provider-overloaded' : 'provider-failed'
    throw new AgentError(`${context.model} broke off its answer with finish reason '${shown}'.`, { code, phase: 'finish', retryable: true, ...about })
  }
  const message = `${context.model} ended its answer with a finish reason that is not known: '${shown}'.`
  return { finishReason: 'other', warning: { code: 'unknown-finish-reason', message } }
}

function isWhole(meaning: FinishMeaning): meaning is Exclude<FinishReason, 'other'> {
  return meaning !== 'other' && meaning !== 'overloaded' && meaning !== 'failed'
}
