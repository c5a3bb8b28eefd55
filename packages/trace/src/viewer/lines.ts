import type { Json, JsonObject, RunEvent } from '@capstan/core'

/**
 * What the page receives of a run, in order. A request is sent as what differs from the request before it, so that the lines of a run grow with
 * its conversation and not with the square of it.
 */
export type PageLine = EventLine | ExchangeLine | RunLine | QuestionLine | NoteLine

/** An event of the run. `at` is absent where it was not recorded. */
export interface EventLine {
  readonly type: 'event'
  readonly event: SeenEvent
  /** The JSON of this line, for an event that came as one. */
  readonly text?: string
}

/** An event as it was recorded: one of a later release may have a type that this release does not know, and a journal may have no times. */
export type SeenEvent = Untimed<RunEvent>

type Untimed<Event> = Event extends unknown
  ? Omit<Event, 'at'> & {
      readonly at?: number
      /** Of deltas that were merged into one event: when the last one came. */
      readonly endAt?: number
    }
  : never

/** What is known of a run before its first event. */
export interface RunLine {
  readonly type: 'run'
  readonly runId: string
  readonly source: 'trace' | 'tape' | 'journal'
  readonly agent?: string
  /** The messages that the run began with, where they are recorded outside of a request. */
  readonly input?: readonly Json[]
  readonly instructions?: string
}

/** A question to a person. */
export interface QuestionLine {
  readonly type: 'question'
  /** Absent in a journal, which has one run. */
  readonly runId?: string
  readonly path?: readonly string[]
  readonly step: number
  readonly key: string
  readonly about: Json
  readonly askedAt?: number
  readonly answer?: Json
  readonly answeredAt?: number
  /** True for an answer that the run has not taken yet. */
  readonly passing?: true
}

/** How a line begins that says what is not recorded in the run yet. It is not counted: who reads the run again gets other ones, or none. */
export const passingStart = '{"passing":true,'

/** What the reader of the file has to say, such as that its last line is cut. */
export interface NoteLine {
  readonly type: 'note'
  readonly message: string
}

/** One HTTP exchange without its bodies, which the page asks for by `id`. Times are milliseconds since the Unix epoch. */
export interface ExchangeLine {
  readonly type: 'exchange'
  /** Position among the exchanges of the run, from 0. */
  readonly id: number
  readonly runId: string
  readonly path?: readonly string[]
  readonly step?: number
  readonly attempt?: number
  /** True for a request for a summary of the history, whose attempts count for themselves. */
  readonly summary?: true
  readonly method: string
  readonly url: string
  readonly status?: number
  readonly at: number
  readonly headersAt?: number
  readonly firstAt?: number
  readonly endAt: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly error?: { readonly code: string; readonly message: string }
  /** Absent for a body that is not a request of chat completions. */
  readonly request?: RequestDifference
}

/** A request, by what differs from the one before it of the same agent. */
export interface RequestDifference {
  /** The id of the exchange that it is compared with. */
  readonly before?: number
  /** Messages of that request at the start of this one, unchanged. */
  readonly kept: number
  /** How many messages that request had. */
  readonly of: number
  /** The messages after those, as they were sent. */
  readonly added: readonly Json[]
  /** Everything but messages and tools. Absent where it is as before. */
  readonly parameters?: JsonObject
  /** Absent where they are as before. */
  readonly tools?: readonly Json[]
}

/** One run of a file or folder, for a list. */
export interface RunSummary {
  /** Names the run in this list; it fits a URL. */
  readonly id: string
  readonly runId: string
  readonly source: 'trace' | 'tape' | 'journal'
  readonly agent?: string
  readonly status?: string
  /** Milliseconds since the Unix epoch. */
  readonly at?: number
  readonly changedAt?: number
  readonly bytes?: number
  /** Why it cannot be read. */
  readonly problem?: string
}

/** What a report holds. */
export interface ReportContents {
  readonly runId: string
  readonly events: number
  readonly exchanges: number
}
