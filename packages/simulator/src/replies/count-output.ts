import { asArray, asObject, isArray, isObject, type Json, type JsonObject } from '../json.ts'
import { countTokens } from '../tokens/tokenize.ts'
import type { Candidate, Reply } from './reply.ts'

/** Tokens of one candidate, reasoning included. */
export function candidateTokens({ reasoning, text, toolCalls }: Candidate): number {
  const calls = toolCalls.map((call) => countTokens(call.name) + countTokens(call.arguments))
  return countTokens(reasoning ?? '') + countTokens(text) + calls.reduce((sum, tokens) => sum + tokens, 0)
}

/** Tokens of all candidates. */
export function replyTokens({ candidates }: Reply): number {
  return candidates.reduce((sum, candidate) => sum + candidateTokens(candidate), 0)
}

/** Tokens of what exact chunks or a body hold in their messages and deltas. */
export function payloadTokens(payloads: readonly Json[]): number {
  const choices = payloads.flatMap((payload) => asArray(asObject(payload)['choices']).map(asObject))
  return choices.reduce((sum, { delta, message }) => sum + textTokens(isObject(delta) ? delta : message), 0)
}

/** The message that a client sends back for a reply: its first candidate. */
export function replyMessage({ candidates: [first] }: Reply): JsonObject {
  return {
    role: 'assistant',
    content: first?.text ?? '',
    ...(first?.reasoning !== undefined && { reasoning_content: first.reasoning }),
    tool_calls: (first?.toolCalls ?? []).map((call) => ({ function: { name: call.name, arguments: call.arguments } })),
  }
}

/** Fields whose text the model did not write. */
const labels: ReadonlySet<string> = new Set(['role', 'id', 'type', 'index', 'reasoning_details'])

function textTokens(value: Json | undefined): number {
  if (typeof value === 'string') return countTokens(value)
  if (isArray(value)) return value.reduce<number>((sum, item) => sum + textTokens(item), 0)
  if (!isObject(value)) return 0
  return Object.entries(value).reduce((sum, [key, item]) => sum + (labels.has(key) ? 0 : textTokens(item)), 0)
}
