import type { ArtifactStore } from '../contract/artifacts.ts'
import type { AttemptOptions } from '../contract/attempts.ts'
import type { CatalogueOption, RankTools } from '../contract/catalogue.ts'
import type { OnEvent } from '../contract/events.ts'
import type { Guard } from '../contract/flow.ts'
import type { HistoryOptions } from '../contract/history.ts'
import type { PrepareStep, StopWhen } from '../contract/hooks.ts'
import type { JsonObject } from '../contract/json.ts'
import type { Limits } from '../contract/limits.ts'
import type { Model, ToolChoice } from '../contract/model.ts'
import type { OutputMode, OutputSpec } from '../contract/output.ts'
import type { RunSettings } from '../contract/request-parameters.ts'
import type { StandardSchema } from '../contract/standard-schema.ts'
import type { Tracer } from '../contract/tracer.ts'
import type { Answers } from '../durability/decisions.ts'
import type { Engine } from '../durability/hosts/engine.ts'
import type { Journal } from '../durability/journal.ts'
import type { Session } from '../sessions/session.ts'
import type { StateKey } from './read-state.ts'
import type { ToolSet } from './tool-set.ts'

/** Options of `new Agent`. */
export interface AgentOptions<Context = unknown, Output = unknown> {
  /** For people: in events and errors. Default: `agent`. */
  readonly name?: string
  /**
   * One model, or a fallback chain: each model is tried once, then the list again after a delay. After an exhausted quota, an overload,
   * a timeout, an incomplete or an empty reply the next model is asked; after a refused request or key it is not.
   */
  readonly model: Model | readonly [Model, ...Model[]]
  /**
   * Sent as a system message before all others, unchanged in each request. A function makes them of the caller's context: it is called once
   * for each run, and its text is recorded, so a run that is resumed keeps it.
   */
  readonly instructions?: string | ((context: Context) => string | Promise<string>)
  /** Any number, with different names: a list, or a record keyed by name. Sources of tools that may change are taken too. */
  readonly tools?: ToolSet<Context>
  /**
   * Whether the model is given all tools, or finds them by a search: `auto` (default) searches from 65 tools or 12,000 tokens of them on,
   * `always` and `never` decide. With a search each request has the pinned tools, `search_tools` and `call_tool`.
   */
  readonly catalogue?: CatalogueOption
  /** Ranks the tools for a search. Default: by words. */
  readonly rank?: RankTools
  /** Not sent unless given. `required` holds until a step has tool calls, then it is `auto`; `prepareStep` can set it for each step. */
  readonly toolChoice?: ToolChoice
  /**
   * Makes the run end with JSON of a given shape, in `result.output`: a schema such as `z.object({ … })`, or what `output(schema)` of
   * `@capstan/tools` makes of one.
   */
  readonly output?: OutputSpec<Output> | StandardSchema<Output>
  /** Default: the best mode that the model has. */
  readonly outputMode?: OutputMode
  /** Tool calls of one step that run at the same time. Default: 10. */
  readonly toolCallConcurrency?: number
  readonly limits?: Limits
  /**
   * How a long run is kept short: old results of tools are cleared when that pays, and complete old steps are summarised. Only what is sent and
   * `result.messages` are shortened. `false`: never. Default: on, with the defaults of `HistoryOptions`.
   */
  readonly history?: HistoryOptions | false
  /** How often and after which delay a failed request is sent again. Default: 3 requests for a step, random delays below 0.5 s doubling to 8 s. */
  readonly attempts?: AttemptOptions
  /** Called before each step: returns what to change for this step only. Its return value is recorded, so it must be plain JSON. */
  readonly prepareStep?: PrepareStep<Context>
  /** Called after each step with tool calls: returns true to end the run with `stop-condition`. Its return value is recorded. */
  readonly stopWhen?: StopWhen<Context>
  /**
   * What happens to calls of tools with `reaches` after the run has read untrusted content, or a secret: `ask`, `deny`, `off`, or a function
   * that decides about each. Default: `ask`; of an agent behind a tool, as the agent that calls it.
   */
  readonly guard?: Guard
  /**
   * Called with every event of every run of this agent, such as for a log. The `tool-end` event of a call that threw has the error of the
   * tool as `error`, which is not in its JSON.
   */
  readonly onEvent?: OnEvent
  /** Records every run of this agent, with the HTTP exchanges of its models: what `traceTo(folder)` of `@capstan/trace` makes. */
  readonly trace?: Tracer
  /**
   * A secret that signs the states of paused runs, so that only unchanged states of this agent are continued: 32 random bytes or a long
   * text. Of a list the first one signs and each of them verifies, for changing secrets. Default: states are not signed.
   */
  readonly signStates?: StateKey | readonly StateKey[]
}

/** Passed to tools, never sent to the model and never recorded. Required if a tool of the agent declares one. */
export type ContextOption<Context> = unknown extends Context ? { readonly context?: Context } : { readonly context: Context }

/** Options of `agent.generate`. */
export type RunOptions<Context = unknown> = CommonRunOptions & ContextOption<Context>

export interface CommonRunOptions {
  /** Aborts the run. */
  readonly signal?: AbortSignal
  /** Default: a random UUID. */
  readonly runId?: string
  /**
   * Keeps the run beyond this process. A run whose `runId` the journal already has continues from its records, or returns its recorded
   * result, so starting a run twice is safe. The input must be the same.
   */
  readonly journal?: Journal
  /**
   * The conversation that the run belongs to. The input is then only what is new: the run reads the messages of the session before it, and
   * adds its own once, under its id. One run at a time has its place in a session, also while it waits for a person.
   */
  readonly session?: Session
  /**
   * What happens while another run of the session is open. `refuse` (default): the run rejects with `session-busy`. `queue`: the input is
   * kept for the run after the open one, and this run ends with status `paused` and `stopReason: 'queued'`, without a request.
   */
  readonly whilePaused?: 'refuse' | 'queue'
  /** Replaces, name by name, what the agent was given. */
  readonly attempts?: AttemptOptions
  /** Replaces, name by name, the limits of the agent for this run, such as a budget of its user. Recorded: a run that is resumed keeps them. */
  readonly limits?: Limits
  /** Replaces the tool choice of the agent for this run. Recorded, as `limits`. */
  readonly toolChoice?: ToolChoice
  /**
   * Settings of the model for this run, over its own: `{ temperature: 0, maxOutputTokens: 500 }`. Each model of a fallback chain must take
   * them. Recorded, as `limits`; keys, addresses and the like belong to the model.
   */
  readonly settings?: RunSettings
  /**
   * False when nobody can be asked during the run, such as in a nightly job: what the `guard` would ask is then denied, and the model is told.
   * Tools with `needsApproval` still pause the run. Recorded, as `limits`. Default: true.
   */
  readonly attended?: boolean
  /**
   * What a journal keeps beside the run, to find it by: plain JSON, such as the id of a user. It is never sent, and nothing in the run
   * depends on it.
   */
  readonly metadata?: JsonObject
  /** Called with every event of this run, after `onEvent` of the agent. */
  readonly onEvent?: OnEvent
  /** Hosts the run on a distributed engine, from inside a workflow of it; not together with `journal`. Needs a `runId`. */
  readonly engine?: Engine
  /**
   * Where the complete results of tools are kept that are too large for the model. Default: the `artifacts` of the journal, or up to 64 MB of
   * the memory of this process. A run on an engine keeps none unless it is given a store, such as that of a journal.
   */
  readonly artifacts?: ArtifactStore
}

/** Options of `agent.stream`. */
export type StreamOptions<Context = unknown> = RunOptions<Context> & StreamOnlyOptions

interface StreamOnlyOptions {
  /**
   * What happens when a reply breaks after a part of its text was delivered: `fail` (default) ends the run with
   * `stream-interrupted`; `restart` asks again and emits a `step-retry` event, which voids what was shown of the step.
   */
  readonly retryAfterText?: 'fail' | 'restart'
}

/** Options of `agent.resume(state, options)`. The run keeps its id, because idempotency keys are derived from it. */
export type ResumeOptions<Context = unknown> = Pick<CommonRunOptions, 'signal' | 'engine' | 'attempts' | 'onEvent' | 'artifacts' | 'session'> &
  ContextOption<Context> &
  StreamOnlyOptions &
  ResumeOnlyOptions

interface ResumeOnlyOptions {
  /** What people answered, by the id of the question in `pending`: `approve()`, `deny()`, `answer()`, or the outcome of a call. */
  readonly answers?: Answers
  /**
   * Trusts the approvals that an unsigned state holds. Only for a state that nobody else could change, or for one of release 0.1.0.
   * Default: false.
   */
  readonly acceptAnswers?: boolean
}

/** Of a run in a journal. */
export type JournalResumeOptions<Context = unknown> = ResumeOptions<Context> & { readonly journal: Journal }
