import type { ErrorData } from './errors.ts'
import type { Label } from './flow.ts'
import type { HistoryEdit } from './history.ts'
import type { Json } from './json.ts'
import type { AssistantMessage, ToolStatus } from './messages.ts'
import type { FinishReason, Warning } from './model.ts'
import type { PendingQuestion, RunStatus, StopReason } from './result.ts'
import type { Cost, RunUsage, Usage } from './usage.ts'

/** An event as the loop makes it. `step` counts from 1 and is 0 for events of the run itself. */
export type RunEventBody =
  | { readonly type: 'run-start'; readonly step: number; readonly agent: string; readonly model: string }
  | { readonly type: 'step-start'; readonly step: number }
  /** One HTTP request. `attempt` counts from 1 within its step. */
  | { readonly type: 'attempt'; readonly step: number; readonly attempt: number; readonly model: string; readonly reason: AttemptReason }
  | { readonly type: 'reasoning-delta'; readonly step: number; readonly attempt: number; readonly delta: string }
  | { readonly type: 'text-delta'; readonly step: number; readonly attempt: number; readonly delta: string }
  | {
      readonly type: 'tool-call-delta'
      readonly step: number
      readonly attempt: number
      /** Position of the call in the message, from 0. */
      readonly index: number
      readonly toolName?: string
      readonly delta: string
    }
  /** The attempt failed or could not be used: what was shown of this step is void, and the step starts again after `delayMs` milliseconds. */
  | { readonly type: 'step-retry'; readonly step: number; readonly attempt: number; readonly delayMs: number; readonly error: ErrorData }
  | {
      readonly type: 'message-end'
      readonly step: number
      readonly message: AssistantMessage
      readonly finishReason: FinishReason
      readonly usage: Usage
      readonly ms: number
      readonly replayed?: true
      /** Only set here for a replayed event: when the reply was recorded. */
      readonly at?: number
    }
  /** `key` is unique in the run and joins the events of one call; `toolCallId` is the provider's and is not. */
  | { readonly type: 'tool-start'; readonly step: number; readonly key: string; readonly toolCallId: string; readonly toolName: string; readonly input: Json }
  | { readonly type: 'tool-progress'; readonly step: number; readonly key: string; readonly toolName: string; readonly data: Json }
  | ToolEndEvent
  | { readonly type: 'repaired'; readonly step: number; readonly what: string; readonly message: string }
  | { readonly type: 'warning'; readonly step: number; readonly warning: Warning }
  /** `usage` and `cost` are those of all steps so far, with the agents that their calls asked. */
  | { readonly type: 'step-end'; readonly step: number; readonly usage: RunUsage; readonly cost?: Cost }
  /** What is sent was shortened, before the request of this step. */
  | { readonly type: 'history-edit'; readonly step: number; readonly edit: HistoryEdit }
  | {
      readonly type: 'run-end'
      readonly step: number
      readonly status: RunStatus
      readonly stopReason: StopReason
      readonly text: string
      readonly usage: RunUsage
      readonly cost?: Cost
      readonly toolCalls: number
      /** What people have to decide before the run can continue. Only of a run that is paused for them. */
      readonly pending?: readonly PendingQuestion[]
      /** The agent that answered in place of the agent of the run: one whose tool has `returns: 'final'`. */
      readonly agent?: string
    }
  | { readonly type: 'run-error'; readonly step: number; readonly error: ErrorData }

/** One for each call, also for a call that never ran. */
export interface ToolEndEvent {
  readonly type: 'tool-end'
  readonly step: number
  readonly key: string
  readonly toolCallId: string
  readonly toolName: string
  readonly status: ToolStatus
  /** The text that the model gets. */
  readonly text: string
  /** In milliseconds; 0 for a call that never ran. */
  readonly ms: number
  readonly coerced?: readonly string[]
  /** As of the result. */
  readonly labels?: readonly Label[]
  readonly replayed?: true
  /** Only set here for a replayed event: when the result was recorded. */
  readonly at?: number
  /** The error that the tool threw. Not enumerable: it is only on the live event, not in its JSON. */
  readonly error?: unknown
}

/**
 * Why a request was sent: it is the first of its step, or the one before it failed, or failed on another model, or had an empty reply.
 * `summary`: it asks for a summary of the history, before the request of its step. `overflow`: the one before it exceeded the context window, and this
 * one is smaller.
 */
export type AttemptReason = 'first' | 'retry' | 'fallback' | 'empty-reply' | 'summary' | 'overflow'

/** An event as consumers see it: plain JSON. */
export type RunEvent = RunEventBody &
  LiveOrigin &
  ChildOrigin & {
    readonly runId: string
    /** Counts from 1 without gaps within a process. */
    readonly seq: number
    /**
     * When it happened, in milliseconds since the Unix epoch. Of a `replayed` event: when its message or result was recorded. Runs that release
     * 0.1.0 began recorded no times, so their replayed events have the time of the replay.
     */
    readonly at: number
  }

/** The agent inside the run that an event comes from. Its steps count for themselves. */
interface ChildOrigin {
  /**
   * The calls that agents answer, the outermost first: `['research#2', 'verify#1']` is the first call of the tool `verify` by the agent that
   * answers the second call of `research`. Absent for events of the run itself.
   */
  readonly path?: readonly string[]
}

/**
 * The operation that a live event comes from, for events from inside one. What an execution showed counts only while it is the newest
 * execution of its operation, and only until the end event of the operation.
 */
interface LiveOrigin {
  readonly operation?: string
  /** Counts from 1, also over crashes: an execution that was lost had a lower one. */
  readonly execution?: number
}

/** Called with every event of a run. A throw, or a rejection of an async function, is contained and reported as a warning. */
export type OnEvent = (event: RunEvent) => unknown

/** The types of events. */
export type RunEventType = RunEventBody['type']
/** The event of one type. */
export type RunEventOf<Type extends RunEventType> = Extract<RunEvent, { readonly type: Type }>
