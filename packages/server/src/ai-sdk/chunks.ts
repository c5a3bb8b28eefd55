import type { Cost, Json, JsonObject, RunUsage, StopReason } from '@capstan/core'

/** The major version of the package `ai` that reads the stream. Each one refuses chunks that only later ones know. */
export type UiVersion = 5 | 6 | 7

/** Metadata of the message that a run writes: `message.metadata` on the page. The last four are there when the run has ended or paused. */
export interface UiMetadata {
  readonly runId: string
  /** `finished`, `limit`, `paused` or `unusable`. */
  readonly status?: string
  readonly stopReason?: StopReason
  readonly usage?: RunUsage
  readonly cost?: Cost
}

/** What a part of a tool has in all its chunks. */
interface ToolChunk {
  /** `wireIdOf(runId, key)`: unique over runs, so that two answers of a chat never share a part. */
  readonly toolCallId: string
  /** True: the part has the type `dynamic-tool` and not `tool-<name>`. */
  readonly dynamic?: true
}

interface NamedToolChunk extends ToolChunk {
  readonly toolName: string
  readonly input: Json
  /** The agent inside the run that made the call. Not for version 5. */
  readonly toolMetadata?: JsonObject
}

/**
 * The chunks of the UI message stream of the AI SDK that a run makes: JSON after `data: `.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol
 */
export type UiChunk =
  | { readonly type: 'start'; readonly messageId: string; readonly messageMetadata: UiMetadata }
  | { readonly type: 'message-metadata'; readonly messageMetadata: UiMetadata }
  | { readonly type: 'start-step' | 'finish-step' }
  /** Only version 7: the parts of the step are void. */
  | { readonly type: 'reset-step' }
  | { readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; readonly id: string }
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string }
  | ({ readonly type: 'tool-input-available' } & NamedToolChunk)
  | ({ readonly type: 'tool-input-error'; readonly errorText: string } & NamedToolChunk)
  /** `output` is the text that the model gets. */
  | ({ readonly type: 'tool-output-available'; readonly output: string } & ToolChunk)
  | ({ readonly type: 'tool-output-error'; readonly errorText: string } & ToolChunk)
  /** Not for version 5. */
  | { readonly type: 'tool-output-denied'; readonly toolCallId: string }
  | { readonly type: 'tool-approval-request'; readonly approvalId: string; readonly toolCallId: string; readonly approvalDescriptor: Json }
  /** Only version 7. */
  | { readonly type: 'tool-approval-response'; readonly approvalId: string; readonly approved: boolean; readonly reason?: string }
  | UiDataChunk
  | { readonly type: 'error'; readonly errorText: string }
  | { readonly type: 'abort'; readonly reason: string }
  | { readonly type: 'finish'; readonly finishReason: 'stop' | 'tool-calls' | 'error' | 'interrupted' | 'other'; readonly messageMetadata: UiMetadata }

/** Parts that the AI SDK does not know: `part.data` on the page. A later chunk with the same `id` replaces the data of the part. */
export type UiDataChunk =
  /** For version 5, which has no approvals: a person must decide about a call. */
  | { readonly type: 'data-approval'; readonly id: string; readonly data: UiQuestion }
  /** A tool asks a person something, or the outcome of a call is unknown. */
  | { readonly type: 'data-question'; readonly id: string; readonly data: UiQuestion }
  /** The newest progress of a tool. `id` is the `toolCallId`. */
  | { readonly type: 'data-tool-progress'; readonly id: string; readonly data: { readonly toolName: string; readonly progress: Json } }
  /** A message that an agent inside the run has written. */
  | { readonly type: 'data-agent'; readonly id: string; readonly data: UiAgentMessage }
  /** A request of the step is sent again. Transient for version 7; for 5 and 6 the text and reasoning before it in the step are void. */
  | { readonly type: 'data-retry'; readonly id?: string; readonly data: UiRetry; readonly transient?: true }

/** A question to a person, as a part shows it. */
export interface UiQuestion {
  /** The id to answer with. */
  readonly questionId: string
  readonly runId: string
  readonly toolCallId: string
  /** `approval`: may the call run? `question`: what its tool asks. `outcome`: what became of the call, which nobody knows. */
  readonly kind: 'approval' | 'question' | 'outcome'
  /** What is asked: the tool, the exact input, and why. */
  readonly about: Json
  /** When the question ends, in milliseconds since the Unix epoch. Absent: never. */
  readonly expiresAt?: number
  readonly status: 'open' | 'answered'
}

/** A message of an agent inside the run. */
export interface UiAgentMessage {
  /** Where the agent is: `['research#1']`. */
  readonly path: readonly string[]
  readonly step: number
  readonly text: string
  readonly reasoning?: string
}

/** Why a request is sent again. */
export interface UiRetry {
  readonly step: number
  readonly delayMs: number
  /** The code of the error. */
  readonly code: string
}
