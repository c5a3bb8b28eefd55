import { AgentError, type AssistantMessage, type FinishReason, textOf, toolCallsOf, type Usage, type Warning } from '@capstan/core'
import type { FinishMeaning } from '../profiles/profile.ts'
import { redact } from '../redact.ts'
import type { FinishedMessage } from './assemble-message.ts'
import type { DecodeContext, ErrorDetails } from './decode-context.ts'
import { isObjectText } from './json-text.ts'

/**
 * The words in which servers and gateways say how a reply ended, without case, `_`, `-` and blanks. A profile or the settings can say
 * otherwise (`finishWords`).
 *
 * @see https://platform.openai.com/docs/api-reference/chat (stop, tool_calls, length, content_filter), https://platform.openai.com/docs/api-reference/responses (completed, max_output_tokens)
 * @see https://api-docs.deepseek.com/api/create-chat-completion (insufficient_system_resource)
 * @see https://docs.z.ai/api-reference/llm/chat-completion (sensitive, model_context_window_exceeded, network_error)
 * @see https://docs.anthropic.com/en/api/messages (end_turn, stop_sequence, tool_use, max_tokens, refusal)
 * @see https://ai.google.dev/api/generate-content#FinishReason (STOP, MAX_TOKENS, SAFETY, RECITATION, BLOCKLIST, PROHIBITED_CONTENT, SPII, MALFORMED_FUNCTION_CALL …)
 * @see https://docs.mistral.ai/api (model_length, error)
 * @see https://docs.cohere.com/reference/chat (COMPLETE, TOOL_CALL, MAX_TOKENS, ERROR_TOXIC, ERROR_LIMIT, TIMEOUT)
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html (guardrail_intervened, content_filtered)
 * @see https://huggingface.co/docs/text-generation-inference/reference/api_reference (eos_token)
 * @see https://github.com/vllm-project/vllm/blob/main/vllm/v1/request.py (abort), https://openrouter.ai/docs/api-reference/overview (error)
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md (load, unload)
 */
const meanings: Readonly<Record<FinishMeaning, readonly string[]>> = {
  stop: ['stop', 'endturn', 'stopsequence', 'completed', 'complete', 'eos', 'eostoken', 'endofsequence', 'normal', 'finished'],
  'tool-calls': ['toolcalls', 'toolcall', 'tooluse', 'functioncall', 'functioncalls'],
  length: [
    ...['length', 'maxtokens', 'maxoutputtokens', 'maxcompletiontokens', 'maxnewtokens', 'maxlength', 'tokenlimit', 'modellength', 'incomplete'],
    ...['modelcontextwindowexceeded', 'contextwindowexceeded', 'contextlengthexceeded', 'errorlimit'],
  ],
  'content-filter': [
    ...['contentfilter', 'contentfiltered', 'sensitive', 'refusal', 'safety', 'recitation', 'language', 'blocklist', 'prohibitedcontent', 'spii'],
    ...['imagesafety', 'guardrailintervened', 'errortoxic', 'blocked', 'moderation'],
  ],
  overloaded: ['insufficientsystemresource'],
  failed: [
    ...['error', 'failed', 'networkerror', 'repetitiontruncation', 'abort', 'aborted', 'cancel', 'cancelled', 'canceled', 'usercancel'],
    ...['timeout', 'timelimit', 'malformedfunctioncall', 'unexpectedtoolcall', 'toomanytoolcalls', 'load', 'unload'],
  ],
  other: [],
}
const byWord: ReadonlyMap<string, FinishMeaning> = new Map(
  Object.entries(meanings).flatMap(([meaning, words]) => words.map((word) => [word, meaning as FinishMeaning] as const)),
)

/** Without case and separators, and without the name of the enumeration: `FinishReason.MAX_TOKENS`, `FINISH_REASON_STOP`. */
function plain(word: string): string {
  return word
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
    .replace(/^finishreason[.:]?/, '')
}

/** True when the finish reason is `length`, or when the output tokens reached the limit: some servers report a cut call as `tool_calls`. */
export function isAtOutputLimit(finishReason: FinishReason, usage: Usage | undefined, { maxOutputTokens }: DecodeContext): boolean {
  return finishReason === 'length' || (maxOutputTokens !== undefined && (usage?.outputTokens ?? 0) >= maxOutputTokens)
}

/** The finish reason of a message whose calls the server did not announce, such as those recovered from markup, is `tool-calls`. */
export function finishReasonOf({ finishReason, isInferred }: FinishWord, { message, hasRecovered }: FinishedMessage): FinishReason {
  const isUnannounced = hasRecovered || (isInferred === true && toolCallsOf(message).length > 0)
  return isUnannounced && finishReason === 'stop' ? 'tool-calls' : finishReason
}

/** Whether a message that has no finish word is complete by itself: each call has a JSON object as arguments, and there is a call or text. */
export function isWholeMessage(message: AssistantMessage): boolean {
  const calls = toolCallsOf(message)
  return calls.every(({ inputText }) => isObjectText(inputText)) && (calls.length > 0 || textOf(message).trim() !== '')
}

/** A finish word, decoded. */
export interface FinishWord {
  readonly finishReason: FinishReason
  /** Set for an unknown word, and for none. */
  readonly warning?: Warning
  /** True where the server sent no word. */
  readonly isInferred?: boolean
}

/**
 * The finish reason behind a provider's word.
 *
 * @throws {AgentError} `provider-overloaded` or `provider-failed` for words that report a broken reply.
 */
export function readFinishWord(word: string, context: DecodeContext, details: ErrorDetails): FinishWord {
  const meaning = ownMeaning(word, context.profile.finishWords) ?? byWord.get(plain(word)) ?? 'other'
  if (isWhole(meaning)) return { finishReason: meaning }
  const shown = redact(word, context.secrets).slice(0, 80)
  if (meaning === 'overloaded' || meaning === 'failed') {
    const code = meaning === 'overloaded' ? 'provider-overloaded' : 'provider-failed'
    throw new AgentError(`${context.model} broke off its reply with finish reason '${shown}'.`, { code, phase: 'finish', retryable: true, ...details })
  }
  const message =
    `${context.model} ended its reply with the finish reason '${shown}', which Capstan does not know. If it ends a complete reply, ` +
    `say so in the settings of the model or in its profile: \`finishWords: { '${shown}': 'stop' }\`.`
  return { finishReason: 'other', warning: { code: 'unknown-finish-reason', message } }
}

function ownMeaning(word: string, words: Readonly<Record<string, FinishMeaning>> = {}): FinishMeaning | undefined {
  return Object.entries(words).find(([own]) => plain(own) === plain(word))?.[1]
}

function isWhole(meaning: FinishMeaning): meaning is Exclude<FinishReason, 'other'> {
  return meaning !== 'other' && meaning !== 'overloaded' && meaning !== 'failed'
}

/** What holds for a reply that is complete although it has no finish word. */
export function noFinishWord({ model }: DecodeContext): FinishWord {
  const message = `The reply of ${model} has no finish reason. It counts as complete because the response came to its end.`
  return { finishReason: 'stop', warning: { code: 'no-finish-reason', message }, isInferred: true }
}
