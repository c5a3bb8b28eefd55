import type { Json } from '../json.ts'
import type { Rejection } from '../rejection.ts'
import type { Reply } from '../replies/reply.ts'
import type { Greeting } from '../wire/greeting.ts'
import type { Position } from '../wire/positions.ts'
import type { Transmission } from '../wire/transmission.ts'
import type { Fault, FaultKind, FaultOf } from './fault.ts'

/** What a fault may ask about the request and the response that it changes. */
export interface FaultContext {
  /** The error body of the model's family. */
  errorBody(rejection: Rejection): Json
  /** The error that the family sends for a status, and for a type of error where one status has several meanings. */
  statusRejection(status: number, type?: string): Rejection
  /** Path of the request. */
  readonly path: string
  /** The Bearer key of the request. */
  readonly key: string | undefined
  /** `max_tokens` of the request. */
  readonly maxTokens: number | undefined
  /** The completion as one JSON body, even if a stream was requested; `undefined` when the response is not a completion. */
  completionBody(): Json | undefined
}

/** What an option of a fault may hold. A list names the allowed words. `headers` and `json` cannot be written on the command line. */
export type FaultOption = 'number' | 'numbers' | 'text' | 'number-or-text' | 'boolean' | 'position' | 'headers' | 'json' | readonly string[]

/** The option that holds values of a type, so that a definition and its type cannot differ. */
type OptionFor<Value> = [Value] extends [boolean]
  ? 'boolean'
  : [Value] extends [number]
    ? 'number'
    : [Value] extends [readonly number[]]
      ? 'numbers'
      : [Value] extends [Position]
        ? 'position'
        : [Value] extends [number | string]
          ? TextOption<Value>
          : 'headers' | 'json'

type TextOption<Value> = string extends Value ? (number extends Value ? 'number-or-text' : 'text') : readonly string[]

/** Describes one kind of fault: its options, and the functions that perform it. */
export interface FaultDefinition<Struck extends Fault> {
  /** One line for the help text. The allowed words of the options are added to it. */
  readonly description: string
  /** An example for the command line. */
  readonly example: string
  /** Every option by name. On the command line, the value of the first option may be written without its name. */
  readonly options: { readonly [Name in Exclude<keyof Struck, 'kind'>]-?: OptionFor<Exclude<Struck[Name], undefined>> }
  /** Options that must be given. */
  readonly required?: readonly RequiredOptions<Struck>[]
  /** Changes the reply before it is encoded. */
  readonly onReply?: (reply: Reply, fault: Struck) => Reply
  /** What a client receives when it connects, before the server reads anything. */
  readonly onConnect?: (fault: Struck) => Greeting
  /** Changes the encoded response. */
  readonly onWire?: (transmission: Transmission, fault: Struck, context: FaultContext) => Transmission
}

/** The definitions of several kinds of fault. */
export type FaultDefinitions<Kind extends FaultKind> = { readonly [Each in Kind]: FaultDefinition<FaultOf<Each>> }

type RequiredOptions<Struck extends Fault> = Exclude<{ [Name in keyof Struck]-?: undefined extends Struck[Name] ? never : Name }[keyof Struck], 'kind'>
