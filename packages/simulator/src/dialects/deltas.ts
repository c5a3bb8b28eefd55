import type { Json, JsonObject } from '../json.ts'
import { tokenize } from '../tokens/tokenize.ts'
import type { ChoiceToolCall } from './completion.ts'
import type { TokenCounts } from './dialect.ts'

const MAX_DELTAS = 4096

/**
 * Splits a text into deltas: one for each piece, and several pieces in one when there would be more than 4,096,
 * so that a megabyte of text does not become a hundred megabytes of chunks.
 */
export function splitDeltas(text: string): readonly string[] {
  const pieces = tokenize(text)
  if (pieces.length <= MAX_DELTAS) return pieces
  const size = Math.ceil(pieces.length / MAX_DELTAS)
  return Array.from({ length: Math.ceil(pieces.length / size) }, (_, index) => pieces.slice(index * size, (index + 1) * size).join(''))
}

/** A tool call in one piece. */
export function completeCall(call: ChoiceToolCall): JsonObject {
  return { index: call.index, id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } }
}

/** A tool call as deltas: its name, then its arguments in pieces. */
export function callDeltas(call: ChoiceToolCall): readonly JsonObject[] {
  return [completeCall({ ...call, arguments: '' }), ...splitDeltas(call.arguments).map((piece) => ({ index: call.index, function: { arguments: piece } }))]
}

/** Usage in the form that most servers share. */
export function plainUsage({ prompt, completion, cached, reasoning }: TokenCounts): JsonObject {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}

/** The log probability of one piece, for the chunk of that piece. */
export function oneLogprob(key: 'content' | 'reasoning_content', logprob: JsonObject | undefined): Json {
  return logprob === undefined ? null : { [key]: [logprob] }
}

/** The first item of each list, then the second of each, and so on. */
export function interleave<Item>(lists: readonly (readonly Item[])[]): readonly Item[] {
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 0)
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat()
}
