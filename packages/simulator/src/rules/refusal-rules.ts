import type { JsonObject } from '../json.ts'
import type { Rejection } from '../rejection.ts'

/** The message of a refusal, in which `{name}` is replaced by a value. A string means status 400. */
export type RefusalMessage = string | { readonly status: number; readonly text: string; readonly type?: string }

/** What a server refuses apart from values out of range, and with which messages. A rule without a message is not enforced. */
export interface RefusalRules {
  /** A parameter that the model does not accept: `{model}`, `{name}`. */
  readonly refusedParameter: RefusalMessage
  /** A value out of range: `{name}`, `{rule}`. */
  readonly invalidParameter: RefusalMessage
  /** Another value than the only one: `{name}`, `{value}`. */
  readonly lockedParameter: RefusalMessage
  /** A forced tool choice while the model thinks: `{choice}`, which is `required` or `specified`. */
  readonly forcedChoice?: RefusalMessage
  /** `tool_choice: required` without tools. */
  readonly choiceNeedsTools?: RefusalMessage
  /** `stream_options` without `stream`. */
  readonly streamOptionsAlone?: RefusalMessage
  /** `top_logprobs` without `logprobs`. */
  readonly logprobsAlone?: RefusalMessage
  /** JSON mode with a prompt that does not contain the word. */
  readonly jsonWord?: RefusalMessage
  /** A JSON Schema as response format. */
  readonly jsonSchema?: RefusalMessage
  /** A role that is not known: `{index}`, `{role}`, `{column}`. */
  readonly unknownRole?: RefusalMessage
  /**
   * An assistant message with neither content nor calls: `{index}`. `blank`: whether an empty string counts as no content; with `spaces`, a string of
   * spaces counts as no content too.
   */
  readonly emptyAssistant?: { readonly message: RefusalMessage; readonly blank: boolean | 'spaces' }
  /** An empty text part. */
  readonly emptyText?: RefusalMessage
  /** A message without content of another role than assistant: `{index}`. */
  readonly missingContent?: RefusalMessage
  /** A content part of a type that the model does not accept: `{index}`, `{type}`, `{column}`. */
  readonly unknownPart?: RefusalMessage
  /** An image that the server would have to fetch: `{index}`. */
  readonly remoteImage?: RefusalMessage
  /** A tool message whose content is a list of parts: `{index}`. */
  readonly toolParts?: RefusalMessage
  /** A result without its call. */
  readonly orphanResult?: RefusalMessage
  /** A call without its result. */
  readonly missingResult?: RefusalMessage
  /** Arguments of an earlier call that are not JSON: `{problem}` is the message of the server's JSON parser. */
  readonly brokenArguments?: { readonly message: RefusalMessage; readonly parser: 'python' | 'nlohmann' | 'none' }
  /** Lost reasoning of a tool call while the model thinks: `{index}`. */
  readonly missingReasoning?: RefusalMessage
  /** Two messages of one role in a row, with the strict option `alternatingRoles`: `{model}`, `{index}`, `{previous}`. */
  readonly successiveRoles: RefusalMessage
  /** Reasoning in the messages, with the strict option `rejectReasoning`: `{index}`, `{field}`. */
  readonly refusedReasoning: RefusalMessage
  /** An id of a call with other characters than letters, digits, `_` and `-`, with the strict option `callIds`: `{index}`, `{call}`. */
  readonly refusedCallId: RefusalMessage
  /** `max_tokens` with the strict option `tokenLimitName`. */
  readonly oldTokenLimit: RefusalMessage
  /** Tools, with the strict option `noTools`. */
  readonly noTools: RefusalMessage
  /** A request that does not fit into the context. */
  readonly overflow?: Overflow
}

/** How a prompt that is too long is refused. Both messages may hold `{context}`, `{prompt}`, `{asked}` and `{total}`. */
export interface Overflow {
  /** The messages are too long. */
  readonly prompt: RefusalMessage
  /** The messages and the requested output are too long together. Absent: the output is not counted. */
  readonly together?: RefusalMessage
  /** True where the prompt is not counted to its end: it is reported as one token more than fits. */
  readonly tellsLeast?: boolean
  /** Names of fields of the error body that hold the two numbers. */
  readonly fields?: { readonly context: string; readonly prompt: string }
}

/** The refusal with this message; `undefined` without a message. */
export function refuse(
  message: RefusalMessage | undefined,
  values: Readonly<Record<string, string | number>> = {},
  more: RefusalFields = {},
): Rejection | undefined {
  if (message === undefined) return undefined
  const { status, text, type } = typeof message === 'string' ? { status: 400, text: message, type: undefined } : { type: undefined, ...message }
  return { status, message: text.replace(/\{(\w+)\}/g, (holder, name: string) => String(values[name] ?? holder)), type, ...more }
}

/** Further fields of the error. */
export interface RefusalFields {
  readonly parameter?: string
  readonly fields?: JsonObject
}
