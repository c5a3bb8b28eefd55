import type { CacheReport } from './cache.ts'
import type { AgentErrorCode } from './error-codes.ts'
import type { HistoryEdit } from './history.ts'
import type { Json, JsonForm, JsonObject } from './json.ts'
import type { AssistantMessage, Message, ToolResultPart } from './messages.ts'
import type { FinishReason, ResponseInfo, Warning } from './model.ts'
import type { Cost, RunUsage, Usage } from './usage.ts'

/**
 * `finished`: there is a complete answer. `limit`: a limit of the caller, or the context window, was reached. `paused`: the run can be continued, once a person has
 * decided or another process takes it. `unusable`: there is no complete answer.
 */
export type RunStatus = 'finished' | 'limit' | 'paused' | 'unusable'

/** Why the loop ended. What the model said about its last message is `finishReason`. */
export type StopReason =
  | 'finished'
  | 'truncated'
  | 'filtered'
  | 'max-steps'
  | 'max-tool-calls'
  | 'max-tokens'
  | 'max-cost'
  | 'max-duration'
  | 'stop-condition'
  | 'repeated-calls'
  /** The next request exceeds the context window of the model, and nothing that is sent can be made shorter. */
  | 'context-overflow'
  | 'paused'
  | 'outcome-unknown'
  /** The model ended its reply with a word that no profile knows, so the reply may not be complete. `finishWords` maps the word. */
  | 'unknown-ending'
  /** `run.stop()`: nothing is pending, and the run can be continued. */
  | 'stopped'
  /** Another run of its session is open: the input is kept for the run after it, and nothing was sent. */
  | 'queued'
  /** Only on the result that an error carries, with what there was by then. */
  | 'failed'
  | 'aborted'

/** The status of each stop reason. */
export const statusOf: Readonly<Record<StopReason, RunStatus>> = {
  finished: 'finished',
  'stop-condition': 'finished',
  truncated: 'unusable',
  filtered: 'unusable',
  'unknown-ending': 'unusable',
  'max-steps': 'limit',
  'max-tool-calls': 'limit',
  'max-tokens': 'limit',
  'max-cost': 'limit',
  'max-duration': 'limit',
  'repeated-calls': 'limit',
  'context-overflow': 'limit',
  paused: 'paused',
  'outcome-unknown': 'paused',
  stopped: 'paused',
  queued: 'paused',
  failed: 'unusable',
  aborted: 'unusable',
}

/** One model call and the tool calls it asked for. */
export interface RunStep {
  readonly step: number
  /** The id of the model that replied. */
  readonly model: string
  readonly message: AssistantMessage
  /** In call order, one for each call. */
  readonly toolResults: readonly ToolResultPart[]
  readonly finishReason: FinishReason
  /** Of all attempts of the step. */
  readonly usage: Usage
  readonly attempts: number
  readonly response: ResponseInfo
  /** Active time: the model call and the slowest tool of each batch, in milliseconds. */
  readonly ms: number
}

/** The result of a run. Plain data, except for its two methods and `toolErrors`. */
export interface RunResult<Output = unknown> {
  readonly runId: string
  readonly status: RunStatus
  readonly stopReason: StopReason
  /** The name of the agent that answered: another one after a hand-over, that is the call of a tool with `returns: 'final'`. */
  readonly agent: string
  /**
   * The text of the last message, or the part of it that came if the run did not finish; after a hand-over the answer of the other agent.
   * With an `output`, its JSON text, whatever the mode: `JSON.stringify(result.output)`.
   */
  readonly text: string
  /** The reasoning of the last message. */
  readonly reasoningText: string
  /**
   * Input and all complete steps, as they are sent: where the run shortened its history, in the short form. Always sendable, so they can be
   * the input of the next run.
   */
  readonly messages: readonly Message[]
  /** All complete steps, with everything that was returned. */
  readonly steps: readonly RunStep[]
  /** How the history was shortened, in order. */
  readonly edits: readonly HistoryEdit[]
  /** How well the provider's cache of prompts served the run; `undefined` when the provider reported no cached tokens. */
  readonly cache: CacheReport | undefined
  /** The agents that answered calls of the run, and of each other, in the order in which they began. */
  readonly children: readonly ChildResult[]
  /** With that of all `children`. */
  readonly usage: RunUsage
  /** With that of all `children`. Exact, or a bound while an attempt never reported its usage; `undefined` without prices. */
  readonly cost: Cost | undefined
  /** The output, checked, in its JSON form: the same while the run is live and when it is replayed. Only with an `output` on the agent. */
  readonly output: JsonForm<Output> | undefined
  /** Why the model ended its last complete message. */
  readonly finishReason: FinishReason | undefined
  /** Without those of `children`. */
  readonly toolCalls: number
  /** Active time in milliseconds: waiting for a person does not count. */
  readonly activeMs: number
  readonly warnings: readonly Warning[]
  /** What a person has to decide, when the run is paused; empty when it was stopped. */
  readonly pending: readonly PendingQuestion[]
  /**
   * What tools threw in this process, in the order in which the calls ended. The model does not see these errors, and they are not recorded.
   * Not enumerable, so the result stays plain data.
   */
  readonly toolErrors: readonly ToolFailure[]
  /** JSON to continue a paused run from, in this process or another; `undefined` with a journal, which has it. */
  readonly state: RunState | undefined
  /**
   * The text of a complete answer.
   *
   * @throws {AgentError} `unfinished`, `output-limit` or `content-filtered` when `status` is not `finished`.
   */
  textOrThrow(): string
  /**
   * The output of an agent with `output`.
   *
   * @throws {AgentError} As `textOrThrow`; also `unfinished` when there is no output.
   */
  outputOrThrow(): JsonForm<Output>
}

/** What an agent did that answered a call of a tool: one that `asTool` made. */
export interface ChildResult {
  /** Where it ran: `['research#2', 'verify#1']`, as in the events. */
  readonly path: readonly string[]
  /** The key of the call that it answered, as in the events. */
  readonly key: string
  /** The name of the agent. */
  readonly agent: string
  /** `paused` with the run, for an agent that has not ended. */
  readonly status: RunStatus
  readonly stopReason: StopReason
  /** Its complete steps. */
  readonly steps: readonly RunStep[]
  /** Of its own requests, without those of agents that answered its own calls. */
  readonly usage: RunUsage
  /** As `usage`. */
  readonly cost: Cost | undefined
  readonly toolCalls: number
  readonly activeMs: number
  /** What broke it. The error itself is in `toolErrors`, in the process in which the agent failed. */
  readonly error?: { readonly code: AgentErrorCode; readonly message: string }
}

/** Something that a person has to decide before a run can continue. */
export interface PendingQuestion {
  /**
   * Names exactly this question: tool, version, schema and input. It is unique over runs, cannot be guessed and fits a URL. Runs that
   * release 0.1.0 began use the position instead.
   */
  readonly id: string
  /** Position in the run, such as `steps/2/tools/0/approval`: the key of its records, and of promises and topics on engines. */
  readonly position: string
  /** What is asked: the kind of the question, the tool, the exact input. */
  readonly about: Json
  /** When it was asked, in milliseconds since the Unix epoch; only where answers expire. */
  readonly askedAt?: number
  /** How long after `askedAt` an answer is accepted, in milliseconds. Default: for ever. */
  readonly expiresInMs?: number
}

/** An error that a tool threw, and the call that it ended. */
export interface ToolFailure {
  /** The key of the call, as in its events: unique in the run. */
  readonly key: string
  readonly toolCallId: string
  readonly toolName: string
  readonly error: unknown
}

/** Version of a run's records: 1 for runs that release 0.1.0 began, which keep its rules to their end; 2 for runs begun since. */
export type RunVersion = 1 | 2

/** A session as a run has read it. */
// biome-ignore lint/style/useConsistentTypeDefinitions: it is part of the head of a run, which is JSON.
export type SessionPosition = {
  readonly id: string
  readonly version: string
}

/** A run that can be continued: its input and every recorded outcome, as plain JSON. */
export interface RunState {
  readonly version: RunVersion
  readonly runId: string
  /** Hashes of the agent's definition when the run began. */
  readonly definition?: JsonObject
  readonly input: readonly Message[]
  readonly records: readonly JsonObject[]
  /** Where its session had its input, and how many messages of the input are the session's. */
  readonly session?: SessionPosition & { readonly history: number }
  /** HMAC-SHA256 over all of the above and the agent's name, in hexadecimal; only with `signStates`. */
  readonly signature?: string
}
