import type { JsonObject } from '../json.ts'
import type { Rejection } from '../rejection.ts'

/** The words of a refusal, in which `{name}` stands for a value. A string alone is a 400. */
export type Words = string | { readonly status: number; readonly text: string; readonly type?: string }

/** What a server refuses beyond the ranges of parameters, and in which words. A rule without words is not enforced. */
export interface RefusalRules {
  /** A parameter that the model does not take: `{model}`, `{name}`. */
  readonly refusedParameter: Words
  /** A value out of range: `{name}`, `{rule}`. */
  readonly invalidParameter: Words
  /** Another value than the only one: `{name}`, `{value}`. */
  readonly lockedParameter: Words
  /** A forced tool choice while the model thinks: `{choice}`, which is `required` or `specified`. */
  readonly forcedChoice?: Words
  /** `tool_choice: required` without tools. */
  readonly choiceNeedsTools?: Words
  /** `stream_options` without `stream`. */
  readonly streamOptionsAlone?: Words
  /** `top_logprobs` without `logprobs`. */
  readonly logprobsAlone?: Words
  /** JSON mode with a prompt that does not say the word. */
  readonly jsonWord?: Words
  /** A JSON Schema as response format. */
  readonly jsonSchema?: Words
  /** A role that is not known: `{index}`, `{role}`, `{column}`. */
  readonly unknownRole?: Words
  /** An assistant message with neither content nor calls, by `{index}`. `blank`: an empty string is none either, and with `spaces` neither are blanks alone. */
  readonly emptyAssistant?: { readonly words: Words; readonly blank: boolean | 'spaces' }
  /** An empty text part. */
  readonly emptyText?: Words
  /** A message without content that is not the assistant's: `{index}`. */
  readonly missingContent?: Words
  /** A content part of a type that the model does not take: `{index}`, `{type}`, `{column}`. */
  readonly unknownPart?: Words
  /** An image that would have to be fetched: `{index}`. */
  readonly remoteImage?: Words
  /** A tool message of parts: `{index}`. */
  readonly toolParts?: Words
  /** A result without its call. */
  readonly orphanResult?: Words
  /** A call without its result. */
  readonly missingResult?: Words
  /** Arguments of an earlier call that are no JSON: `{problem}`, in the words of the server's JSON parser. */
  readonly brokenArguments?: { readonly words: Words; readonly parser: 'python' | 'nlohmann' | 'none' }
  /** Lost reasoning of a tool call while the model thinks: `{index}`. */
  readonly missingReasoning?: Words
  /** Two messages of one role in a row, with the strict option `alternatingRoles`: `{model}`, `{index}`, `{previous}`. */
  readonly successiveRoles: Words
  /** Reasoning in the messages, with the strict option `rejectReasoning`: `{index}`, `{field}`. */
  readonly refusedReasoning: Words
  /** An id of a call with other signs than letters, digits, `_` and `-`, with the strict option `callIds`: `{index}`, `{call}`. */
  readonly refusedCallId: Words
  /** `max_tokens` with the strict option `tokenLimitName`. */
  readonly oldTokenLimit: Words
  /** Tools, with the strict option `noTools`: a server that was started without the flags for them, or a host that has none. */
  readonly noTools: Words
  /** More than the context holds: see `Overflow`. */
  readonly overflow?: Overflow
}

/** How a prompt that is too long is refused. Both words may hold `{context}`, `{prompt}`, `{asked}` and `{total}`. */
export interface Overflow {
  /** The messages alone are too long. */
  readonly prompt: Words
  /** Messages and output together are; absent: the output is not counted. */
  readonly together?: Words
  /** True where the prompt is not counted to its end: it is told as one token more than there is room for. */
  readonly tellsLeast?: boolean
  /** Names of fields of the error body that hold the two numbers. */
  readonly fields?: { readonly context: string; readonly prompt: string }
}

/** The refusal that these words make; `undefined` without words. */
export function refuse(words: Words | undefined, values: Readonly<Record<string, string | number>> = {}, more: RefusalFields = {}): Rejection | undefined {
  if (words === undefined) return undefined
  const { status, text, type } = typeof words === 'string' ? { status: 400, text: words, type: undefined } : { type: undefined, ...words }
  const message = text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
  return { status, message, type, ...more }
}

/** What else an error body holds. */
export interface RefusalFields {
  readonly parameter?: string
  readonly fields?: JsonObject
}
