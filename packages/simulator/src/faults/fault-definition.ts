import type { Reply } from '../answers/reply.ts'
import type { Json } from '../json.ts'
import type { Rejection } from '../rejection.ts'
import type { Greeting } from '../wire/greeting.ts'
import type { Transmission } from '../wire/transmission.ts'
import type { Fault } from './fault.ts'

/** What a fault may ask about the answer that it strikes. */
export interface FaultContext {
  /** The error body of the model's family. */
  errorBody(rejection: Rejection): Json
  /** What the family says for a status, and for a type of error where one status stands for several. */
  statusRejection(status: number, type?: string): Rejection
  /** Path of the request. */
  readonly path: string
  /** The Bearer key of the request. */
  readonly key: string | undefined
  /** `max_tokens` of the request. */
  readonly maxTokens: number | undefined
  /** The answer as one body, as if no stream had been asked for; `undefined` when the answer is no completion. */
  wholeBody(): Json | undefined
}

/** An option of a fault on the command line. */
export type FaultOption = 'number' | 'numbers' | 'text' | 'boolean' | 'place' | readonly string[]

/** A fault as data and small functions. */
export interface FaultDefinition<Struck extends Fault> {
  /** One line for a help text. */
  readonly description: string
  /** An example for the command line. */
  readonly example: string
  /** Options by name; the first may be written without its name. */
  readonly options: Readonly<Record<string, FaultOption>>
  /** Options that must be given. */
  readonly required?: readonly string[]
  /** Changes the reply before it is encoded. */
  readonly onReply?: (reply: Reply, fault: Struck) => Reply
  /** What happens to a connection before anything is read from it. */
  readonly onConnect?: (fault: Struck) => Greeting
  /** Changes what is about to leave. */
  readonly onWire?: (transmission: Transmission, fault: Struck, context: FaultContext) => Transmission
}
