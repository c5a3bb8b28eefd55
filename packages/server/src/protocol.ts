import type { AgentErrorCode, Cost, FinishReason, Json, ListedStatus, Message, RunUsage, StopReason, ToolStatus, Usage } from '@capstan/core'

/** A part of a message that the model sent. */
export type ServerMessagePart =
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | {
      readonly type: 'tool-call'
      /** Joins the call with its `tool-start` and `tool-end` events. Absent for agents inside the run. */
      readonly key?: string
      readonly toolCallId: string
      readonly toolName: string
      /** The arguments; their text where it is not JSON. */
      readonly input: Json
    }

/** What a person has to decide. */
export interface ServerQuestion {
  /** Names exactly this question; it is the key of its answer. */
  readonly id: string
  /** The key of the call that it is about. */
  readonly key: string
  /** What is asked: the kind of the question, the tool, the exact input. */
  readonly about: Json
  /** When it was asked, in milliseconds since the Unix epoch; only where answers expire. */
  readonly askedAt?: number
  /** How long after `askedAt` an answer is accepted, in milliseconds. Absent: for ever. */
  readonly expiresInMs?: number
}

/** Where an event comes from. */
interface At {
  /** Counts from 1. */
  readonly step: number
  /** The agent inside the run that it comes from, such as `['research#2']`. Absent for the run itself. */
  readonly path?: readonly string[]
}

/** An event of a run as a client gets it. */
export type ServerEvent =
  /** Forget everything that was shown of the run: its complete events follow. */
  | { readonly type: 'restart' }
  /** Everything that had happened when the stream began was sent; what follows is live. */
  | { readonly type: 'snapshot-end' }
  /** The server ends the stream, not the run: connect again after this time, with the id of the last event. */
  | { readonly type: 'reconnect'; readonly retryMs: number }
  | { readonly type: 'run-start'; readonly agent: string }
  | ({ readonly type: 'step-start' } & At)
  | ({ readonly type: 'text-delta' | 'reasoning-delta'; readonly delta: string } & At)
  /** What was shown of the text and the reasoning of this step is void. */
  | ({ readonly type: 'step-retry'; readonly delayMs: number; readonly code: string } & At)
  /** The complete message of the step: it takes the place of its deltas. */
  | ({
      readonly type: 'message-end'
      readonly parts: readonly ServerMessagePart[]
      readonly finishReason: FinishReason
      readonly usage: Usage
      readonly ms: number
    } & At)
  | ({ readonly type: 'tool-start'; readonly key: string; readonly toolCallId: string; readonly toolName: string; readonly input: Json } & At)
  | ({ readonly type: 'tool-progress'; readonly key: string; readonly toolName: string; readonly data: Json } & At)
  /** One for each call, also for one that never ran. `text` is what the model gets. */
  | ({
      readonly type: 'tool-end'
      readonly key: string
      readonly toolCallId: string
      readonly toolName: string
      readonly status: ToolStatus
      readonly text: string
      readonly ms: number
    } & At)
  | ({ readonly type: 'step-end'; readonly usage: RunUsage; readonly cost?: Cost } & At)
  | ({ readonly type: 'warning'; readonly code: string } & At)
  /** With `isLast` the run is over. Without it the run is paused, and its events continue when a person has decided. */
  | {
      readonly type: 'run-end'
      readonly status: string
      readonly stopReason: StopReason
      readonly text: string
      readonly usage: RunUsage
      readonly cost?: Cost
      readonly toolCalls: number
      readonly pending?: readonly ServerQuestion[]
      /** The agent that answered in place of the agent of the run. */
      readonly agent?: string
      readonly isLast?: true
    }
  | {
      readonly type: 'run-error'
      readonly code: AgentErrorCode | (string & {})
      readonly message: string
      readonly retryAfterMs?: number
      readonly isLast: true
    }

/** The body of `POST /runs`. */
export interface StartRequest {
  /** One of the names in `agents`. May be left out where there is one agent. */
  readonly agent?: string
  /** What the user says. */
  readonly input: string
  /** The conversation that the run belongs to: 1 to 100 characters of `A-Z a-z 0-9 _ . : @ -`. */
  readonly session?: string
}

/** A run in a list. */
export interface ListedServerRun {
  readonly runId: string
  /** Its name in `agents`. */
  readonly agent: string
  /** `unfinished` while it is at work, or waits for a process that continues it. */
  readonly status: ListedStatus
  readonly stopReason?: StopReason
  readonly session?: string
  /** Milliseconds since the Unix epoch. Absent for a run that no journal keeps. */
  readonly beganAt?: number
  /** As `beganAt`. */
  readonly changedAt?: number
  /** What people have still to decide. */
  readonly questions: readonly ServerQuestion[]
}

/** The answer of `GET /runs/:id`. */
export interface ServerRun extends ListedServerRun {
  /** What the user said. Absent for a run that began elsewhere, with other messages. */
  readonly input?: string
  /** Of a run that ended with a result. */
  readonly result?: {
    readonly text: string
    /** The checked output of an agent with `output`. */
    readonly output?: Json
    readonly stopReason: StopReason
    readonly usage: RunUsage
    readonly cost?: Cost
    readonly toolCalls: number
  }
  /** Of a run that an error ended. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** A question that the asking principal may decide. */
export interface OpenQuestion {
  readonly runId: string
  /** The id of the principal that the run belongs to. */
  readonly owner: string
  readonly agent: string
  readonly question: ServerQuestion
}

/** The answer to a question. */
export type ServerAnswer =
  | { readonly approve: true; readonly input?: Json; readonly answer?: Json; readonly forTarget?: true }
  | { readonly approve: false; readonly reason?: string }
  | { readonly output: string }
  | { readonly failed: string }
  | { readonly repeat: true }

/** The answer of `GET /sessions/:id`. */
export interface ServerSession {
  readonly session: string
  readonly messages: readonly Message[]
  /** The run that has its place in the session: it is at work, waits for a person, or was interrupted. */
  readonly openRun?: string
}

/** The body of every answer that is not a success. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly runId?: string; readonly decided?: Json }
}
