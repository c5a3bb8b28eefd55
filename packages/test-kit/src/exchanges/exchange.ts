import type { JsonObject } from '@capstan/core'

/** One HTTP request with its response. */
export interface Exchange {
  /** The file, without its ending; with the number of the exchange where a file holds several. */
  readonly name: string
  /** The path of the URL; empty where it is not known. */
  readonly path: string
  /** The JSON of the request; `undefined` where it is not known. */
  readonly request: JsonObject | undefined
  readonly status: number
  /** Headers of the response, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The body of the response. */
  readonly body: string
}

/** An exchange that was written for this project. */
export interface OwnExchange extends Exchange {
  readonly request: JsonObject
  /** The endpoint or profile, a slash, and the name of the model. */
  readonly model: string
  /** What an adapter makes of the response: `reply` or `error`, and the names of events. */
  readonly expected: Expected
}

/** What an adapter makes of a response. */
export interface Expected {
  /** Message, finish reasons and usage, complete. */
  readonly reply?: JsonObject
  /** Some fields of the error. */
  readonly error?: JsonObject
  /** What the `repaired` events name. Absent: there are none. */
  readonly repaired?: readonly string[]
}

/** True for a response that is a stream of events. */
export function isStream({ status, headers }: Exchange): boolean {
  return status === 200 && headers['content-type']?.startsWith('text/event-stream') === true
}

/** True for a response that is one JSON document. */
export function isDocument({ status, headers }: Exchange): boolean {
  return status === 200 && headers['content-type']?.startsWith('application/json') === true
}
