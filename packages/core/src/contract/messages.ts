import type { Label } from './flow.ts'

/**
 * Messages are plain, readonly JSON. They can be stored as they are and handed to a later run.
 * `version` is absent in this first format; a later format will carry a number.
 */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage

/** Instructions to the model. An agent's own `instructions` are sent before all messages and are not part of them. */
export interface SystemMessage {
  readonly role: 'system'
  readonly version?: 1
  readonly content: string
}

/** What the user said. */
export interface UserMessage {
  readonly role: 'user'
  readonly version?: 1
  readonly content: string | readonly UserPart[]
  /** `loop`: the loop wrote it, such as a request to correct an answer, so it does not say what the user wants. Absent: the user did. */
  readonly origin?: 'loop'
  /** What the text was made of, where that is untrusted or secret. It is never sent. */
  readonly labels?: readonly Label[]
  /** Only of a message of the loop that takes the place of complete steps: what its text was made of. */
  readonly summary?: HistorySummary
}

/** What the model sent: parts in the order in which they came, or plain text. */
export interface AssistantMessage {
  readonly role: 'assistant'
  readonly version?: 1
  readonly content: string | readonly AssistantPart[]
  /** What the model had read before, where that is untrusted or secret. It is never sent. */
  readonly labels?: readonly Label[]
  /** The last message of a request only: the model continues this text ('partial mode', where the endpoint has it). */
  readonly partial?: true
}

/**
 * The result of one tool call. A message with k tool calls is followed by exactly k tool messages in call order.
 * Calls and results are matched by position, because providers repeat ids.
 */
export interface ToolMessage {
  readonly role: 'tool'
  readonly version?: 1
  readonly content: readonly [ToolResultPart]
}

/** A part of a user message. */
export type UserPart = TextPart | ImagePart
/** A part of an assistant message. */
export type AssistantPart = ReasoningPart | TextPart | ToolCallPart

/** Text of a message. */
export interface TextPart {
  readonly type: 'text'
  readonly text: string
  /** Of a part of a user message that the user did not write, such as a document: what it is. It is never sent. */
  readonly labels?: readonly Label[]
}

/** The model's reasoning. It is sent back byte for byte to endpoints that ask for it; an empty text is meaningful. */
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
  /** Name of the wire field that it came in, if that is not the profile's usual one. */
  readonly field?: string
}

/** An image of a user message. */
export interface ImagePart {
  readonly type: 'image'
  /** An http(s) URL or a `data:` URL. */
  readonly url: string
  /** As of a text. */
  readonly labels?: readonly Label[]
}

/** A tool call that the model asked for. */
export interface ToolCallPart {
  readonly type: 'tool-call'
  /** The provider's id, verbatim. Not unique: some providers repeat ids within a run, or even within a message. */
  readonly toolCallId: string
  readonly toolName: string
  /** The arguments as the model wrote them, byte for byte: usually JSON, not always valid. */
  readonly inputText: string
}

/** The result of one tool call. */
export interface ToolResultPart {
  readonly type: 'tool-result'
  /**
   * Names the result in its conversation: `r12.0` is that of the first call of step 12. A run continues the numbers of its input. Absent in
   * runs that release 0.1.0 began.
   */
  readonly id?: string
  /** What the result is kept under. Absent without an `id`. */
  readonly key?: ResultKey
  /** The id of the call, verbatim. */
  readonly toolCallId: string
  readonly toolName: string
  readonly status: ToolStatus
  /** The text that the model gets. */
  readonly text: string
  /** What is known of the complete result. Only where `text` does not hold all of it. */
  readonly complete?: CompleteResult
  /** What the tool declared as `returns`, or what the agent behind it had read. It is never sent. */
  readonly labels?: readonly Label[]
  /** Names of the tools that a search found. */
  readonly foundTools?: readonly string[]
  /** True for a result that is never cleared: of a tool with `pinned: true`, or by `keep` of the `history` option. */
  readonly pinned?: true
}

/** Where the complete value of a result is kept: the run that made it, and the operation in it. The same for all copies of a message. */
export interface ResultKey {
  readonly runId: string
  /** The id of the operation, such as `steps/3/tools/0`: it does not change when the call is executed again. */
  readonly operation: string
}

/** The complete value of a result whose text was cut. */
export interface CompleteResult {
  readonly characters: number
  /** In UTF-8. */
  readonly bytes: number
  /** SHA-256 of the value in UTF-8, in hexadecimal. A stored value with another hash is not this one. */
  readonly hash: string
  /** True where the value was stored, so that `read_result` can show it. */
  readonly isKept: boolean
}

/**
 * How a tool call ended. `ok`, `error`, `timeout` and `abandoned` were started; the others never ran:
 * `invalid-input` (not JSON, or against the schema), `unknown-tool`, `denied` (by a person), `skipped` (by a rule of the loop).
 * `fatal` ends the run.
 */
export type ToolStatus = 'ok' | 'error' | 'timeout' | 'abandoned' | 'invalid-input' | 'unknown-tool' | 'denied' | 'skipped' | 'fatal'

/** What the message that takes the place of complete steps was made of. It is never sent. */
export interface HistorySummary {
  /** Steps that it takes the place of, those of earlier summaries included. */
  readonly steps: number
  /** What the model wrote; absent where it could not. */
  readonly text?: string
  /** The newest calls of these steps, the oldest first. */
  readonly calls: readonly LedgerCall[]
  /** Calls before them, by tool. */
  readonly older: readonly LedgerCount[]
  /** Results that are kept verbatim. */
  readonly kept: readonly KeptResult[]
}

/** A call, as a summary lists it. */
export interface LedgerCall {
  readonly id?: string
  readonly toolName: string
  /** The beginning of its arguments. */
  readonly input: string
  readonly status: ToolStatus
  /** The result, where it is short; its beginning, of a call that did not succeed. */
  readonly result?: string
}

/** Calls of one tool that a summary only counts. */
export interface LedgerCount {
  readonly toolName: string
  readonly calls: number
  readonly failed: number
}

/** A result that a summary repeats verbatim. */
export interface KeptResult {
  readonly id?: string
  readonly toolName: string
  readonly input: string
  readonly text: string
}

/** Makes a user message of a text or of parts. */
export function user(content: string | readonly UserPart[]): UserMessage {
  return { role: 'user', content }
}

/** Makes a system message. */
export function system(content: string): SystemMessage {
  return { role: 'system', content }
}

/** Makes an assistant message of a text or of parts. */
export function assistant(content: string | readonly AssistantPart[]): AssistantMessage {
  return { role: 'assistant', content }
}

/** The tool calls of a message, in call order. */
export function toolCallsOf(message: AssistantMessage): readonly ToolCallPart[] {
  if (typeof message.content === 'string') return []
  return message.content.filter((part) => part.type === 'tool-call')
}

/** The text of a message, its parts joined. */
export function textOf(message: AssistantMessage | UserMessage): string {
  return typeof message.content === 'string' ? message.content : joinParts(message.content, 'text')
}

/** The reasoning of a message, its parts joined; `undefined` without a reasoning part, `''` for an empty one. */
export function reasoningOf(message: AssistantMessage): string | undefined {
  if (typeof message.content === 'string') return undefined
  return message.content.some((part) => part.type === 'reasoning') ? joinParts(message.content, 'reasoning') : undefined
}

function joinParts(parts: readonly (AssistantPart | UserPart)[], type: 'text' | 'reasoning'): string {
  let text = ''
  for (const part of parts) {
    if (part.type === type) text += part.text
  }
  return text
}
