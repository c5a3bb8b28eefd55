import type { ErrorData } from '../contract/errors.ts'
import type { AskedFlow, FieldOrigin, GuardDecision, Label } from '../contract/flow.ts'
import { isJsonObject, type Json, type JsonObject } from '../contract/json.ts'
import type { Limits } from '../contract/limits.ts'
import type { CompleteResult, ToolStatus } from '../contract/messages.ts'
import type { ModelReply, ModelTraits, ToolChoice } from '../contract/model.ts'
import type { ResolvedReference } from '../contract/references.ts'
import type { RunSettings } from '../contract/request-parameters.ts'
import type { RunStatus, RunVersion, StopReason } from '../contract/result.ts'
import type { ToolEffect } from '../contract/tool.ts'
import type { Usage } from '../contract/usage.ts'
import type { HistoryRules } from '../history/history-rules.ts'
import { isOfChild } from './operation-ids.ts'

/** One recorded fact of a run. The state of a run is the list of its records. */
export type RunRecord =
  /**
   * Written before the body of an operation that is not `read`. For a `once` operation without a `done` the outcome is unknown;
   * for others it counts the execution that was lost.
   */
  | { readonly type: 'start'; readonly id: string; readonly name: string }
  | DoneRecord
  | QuestionRecord
  /** `at`: when it was given, in milliseconds since the Unix epoch. Release 0.1.0 recorded none. */
  | { readonly type: 'answer'; readonly id: string; readonly answer: Json; readonly at?: number }
  /** The run continues after the failed request of this id, with another request. */
  | { readonly type: 'again'; readonly id: string }
  | EndRecord

/** A question that was asked. Its id is its position. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type QuestionRecord = {
  readonly type: 'question'
  readonly id: string
  readonly about: Json
  /** When it was asked, in milliseconds since the Unix epoch; only where answers expire. */
  readonly askedAt?: number
  readonly expiresInMs?: number
}

// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type DoneRecord = {
  readonly type: 'done'
  readonly id: string
  readonly name: string
  readonly output: Json
  readonly ms: number
  readonly waitedMs: number
  readonly executions: number
  /** When the body ended, in milliseconds since the Unix epoch, by the clock of the process that ran it. Release 0.1.0 recorded none. */
  readonly at?: number
}

/** The output of the first operation of a run. */
export interface StartOutput {
  /** Makes the ids of the run's questions unguessable and unique. */
  readonly random: string
  readonly config: RecordedConfig
  /** Why the caller's `instructions` failed, which ends the run. */
  readonly failed?: string
}

/**
 * What the decisions of a run depend on and a later process may have changed. It is recorded when the run starts and holds to its end,
 * in whatever process and release the run continues.
 */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type RecordedConfig = {
  /** Version of the rules and texts by which the history is shortened. */
  readonly rules: 1
  /** How the history is shortened; absent where it is not. */
  readonly history?: HistoryRules
  /** With what the output adds to them. */
  readonly instructions?: string
  readonly toolChoice?: ToolChoice
  /** Settings of the models for this run. */
  readonly settings?: RunSettings
  /** Those that are set; a name that is missing means no limit. */
  readonly limits: Limits
  /** Calls of one step that run at the same time, and agents that answer them; `null` for no limit. */
  readonly toolCallConcurrency?: number | null
  /** In the order of the chain. */
  readonly models: readonly ModelFacts[]
  /** Names of the tools in the order in which they are sent. */
  readonly tools: readonly string[]
  /** Present when the other tools are found by a search. */
  readonly catalogue?: 'search'
  /** How calls that reach something are guarded. Absent where no tool declares anything, and in runs that began before there was a guard. */
  readonly flow?: FlowRules
}

/** How the calls of a run that reach something are guarded. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type FlowRules = {
  /** Version of the rules by which labels spread and calls are guarded. */
  readonly rules: 1
  readonly guard: 'ask' | 'deny' | 'off' | 'function'
  /** Nobody can be asked, so what would be asked is denied. */
  readonly unattended?: true
  /** What the tools in the list of the request declare, by name. */
  readonly tools: Readonly<Record<string, DeclaredFlow>>
}

/** What a tool declares. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type DeclaredFlow = {
  readonly returns?: readonly Label[]
  readonly reaches?: readonly string[]
}

/** What the loop counts with, of one model of the chain. */
export type ModelFacts = Pick<ModelTraits, 'prices' | 'contextWindow' | 'maxOutputTokens' | 'cacheLifetimeMs'> & { readonly id: string }

/**
 * The output of the operation that asks whether a person must be asked about a call, and of the one that checks an input that a person
 * edited. Runs of release 0.1.0 record `GateOfFirstRelease`.
 */
export type Verdict =
  /** `unknown-tool`: the tool is not there any more. `denied`: by the guard. */
  | { readonly verdict: 'invalid'; readonly message: string; readonly status?: 'unknown-tool' | 'denied' }
  | {
      /** `free`: nobody need be asked. `ask`: a person must approve. `edited`: a person has approved this value. */
      readonly verdict: 'free' | 'ask' | 'edited'
      /** What the schema made of the input, in JSON form. */
      readonly value: Json
      /** True when the value is plain JSON, so that the record is the value. */
      readonly isExact: boolean
      readonly coerced?: readonly string[]
      /** The earlier results that the input refers to. */
      readonly references?: readonly ResolvedReference[]
      /** SHA-256 of the value, where it is too large for a record: `value` is then the input with its references. */
      readonly valueHash?: string
      /** What the tool asks a person. */
      readonly question?: Json
      /** What the guard decided about a call that reaches something, and why it was asked. */
      readonly guard?: GuardDecision
      readonly flow?: AskedFlow
      /** Of a call that a person must approve, in a run that has read something labelled. */
      readonly origins?: readonly FieldOrigin[]
    }

/**
 * The output of the operation that finds the tools of those calls of a step that are not in the list of the request, in the order of the
 * calls. The tools may be others in a later process, which then uses what is recorded here.
 */
export interface ResolveOutput {
  readonly calls: readonly ResolvedCall[]
}

/** What a call of a tool of the catalogue means. */
export type ResolvedCall =
  | { readonly found: false }
  | {
      readonly found: true
      readonly tool: ToolFacts
      /** Why the arguments cannot be read. */
      readonly problem?: string
      /** The arguments, where they are not what JSON.parse makes of their text. */
      readonly input?: Json
    }

/** What the loop decides by, of a tool. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type ToolFacts = {
  readonly name: string
  /** What an approval binds to; has the effect. */
  readonly binding: JsonObject
  readonly effect: ToolEffect
  readonly repeatable?: boolean
  /** True for a tool that may ask a person. */
  readonly gated?: boolean
  /** What it declares. */
  readonly flow?: DeclaredFlow
}

/** Whether a person must be asked about a call, as release 0.1.0 recorded it. */
export type GateOfFirstRelease = boolean | { readonly question: Json }

/** The output of an operation that sends one request. A failure is a value; `retryInMs` asks the loop for another attempt. */
export type AttemptOutput =
  /** `last`: an empty reply is not asked for again, as `attempts.max` is reached. Runs of release 0.1.0 have no `last`. */
  | { readonly status: 'ok'; readonly reply: ModelReply; readonly last?: true }
  /** `free` marks the retry of a stale connection, or of a request that is worded differently: it counts as no attempt. */
  | { readonly status: 'failed'; readonly error: ErrorData; readonly usage?: Usage; readonly retryInMs?: number; readonly free?: true }
  /** The time limit of the run came first; `text` is what had come by then. `unsent`: the request was not sent. */
  | { readonly status: 'late'; readonly text: string; readonly unsent?: true }

/** A reference to an earlier result, and the hash of its value. */
export type RecordedReference = Omit<ResolvedReference, 'firstLines' | 'characters'>

/** The output of an operation that runs a tool call, and of the one that has the result of a call that an agent answered. */
export interface ToolCallOutput {
  readonly status: ToolStatus
  /** What the model gets. */
  readonly text: string
  readonly coerced?: readonly string[]
  /** The earlier results that the input of the call referred to. */
  readonly references?: readonly RecordedReference[]
  /** What is known of the complete text, where the model gets a part of it. */
  readonly complete?: CompleteResult
  /** An agent answers the call: `text` is what it is asked. Its result is recorded by an operation of its own. */
  readonly delegated?: true
  /** Active time of the agent that answered, in milliseconds. */
  readonly agentMs?: number
  /** As of the result. */
  readonly labels?: readonly Label[]
  /** Names of the tools that a search found. */
  readonly foundTools?: readonly string[]
  /** True for a result that is never cleared: what the tool, or `keep` of the `history` option, said when it ended. */
  readonly pinned?: true
}

/** How a process left the run: for people and lists. Replay does not need it. */
export interface EndRecord extends JsonObject {
  readonly type: 'end'
  readonly id: 'end'
  readonly status: RunStatus
  readonly stopReason: StopReason
}

/** The version of runs that begin now. */
export const runVersion: RunVersion = 2

/** True for a version that this release can continue. */
export function isRunVersion(value: unknown): value is RunVersion {
  return value === 1 || value === runVersion
}

/** True for what has the shape of a record. */
export function isRecord(value: unknown): value is RunRecord {
  return isJsonObject(value) && typeof value['type'] === 'string' && typeof value['id'] === 'string'
}

/** The id of the failed request that ended the run, if the run can continue with another request; any other failure would only be replayed. */
export function brokenRequest(records: readonly RunRecord[]): string | undefined {
  const end = records.at(-1)
  const isEnded = end?.type === 'end'
  if (isEnded && end.stopReason !== 'failed' && end.stopReason !== 'aborted') return undefined
  const last = records.at(isEnded ? -2 : -1)
  return last?.type === 'done' && last.name === 'model' && !isOfChild(last.id) && isFinalFailure(last.output) ? last.id : undefined
}

function isFinalFailure(output: Json): boolean {
  return isJsonObject(output) && output['status'] === 'failed' && output['retryInMs'] === undefined
}
