import type { Approval, OutcomeAnswer } from '../answers.ts'
import type { Limits } from '../limits.ts'
import type { PrepareStep, StopWhen } from '../loop/loop-run.ts'
import type { Model, ToolChoice } from '../model.ts'
import type { OutputMode, OutputSpec } from '../output.ts'
import type { Tool } from '../tool.ts'

export interface AgentOptions<Context = unknown, Output = unknown> {
  /** For people: in events and errors. Default: `agent`. */
  readonly name?: string
  readonly model: Model
  /** Sent as a system message before all others, the same in each request. */
  readonly instructions?: string
  /** At most 128, each with a name of its own; or a record keyed by name. */
  readonly tools?: readonly Tool<Context>[] | Readonly<Record<string, Tool<Context>>>
  /** Not sent unless given. */
  readonly toolChoice?: ToolChoice
  /** Makes the final answer JSON of a given shape, in `result.output`: `output(schema)` of `@capstan/tools`. */
  readonly output?: OutputSpec<Output>
  /** Default: the best that the model's profile has. */
  readonly outputMode?: OutputMode
  /** Tool calls of one step that run at once. Default: 10. */
  readonly toolCallConcurrency?: number
  readonly limits?: Limits
  /** Decides before each step what to change for it alone. Its decision is recorded: it must be plain JSON. */
  readonly prepareStep?: PrepareStep
  /** Decides after each step with tool calls whether to end the run with `stop-condition`. Recorded. */
  readonly stopWhen?: StopWhen
}

/** Handed to tools: never sent to the model and never recorded. Optional while no tool asks for one. */
export type ContextOption<Context> = unknown extends Context ? { readonly context?: Context } : { readonly context: Context }

export type RunOptions<Context = unknown> = CommonRunOptions & ContextOption<Context>

export interface CommonRunOptions {
  /** Aborts the run. */
  readonly signal?: AbortSignal
  /** Default: a random UUID. */
  readonly runId?: string
}

export type StreamOptions<Context = unknown> = RunOptions<Context> & StreamOnlyOptions

interface StreamOnlyOptions {
  /**
   * What happens when an answer breaks after a part of its text was delivered: `fail` (default) ends the run with
   * `stream-interrupted`, `restart` asks again and shows a `step-retry` event that voids what was shown of the step.
   */
  readonly retryAfterText?: 'fail' | 'restart'
}

/** The run keeps its id: idempotency keys follow from it. */
export type ResumeOptions<Context = unknown> = Pick<CommonRunOptions, 'signal'> & ContextOption<Context> & StreamOnlyOptions & ResumeOnlyOptions

interface ResumeOnlyOptions {
  /** What people decided, by the id of the question in `pending`: `approve()`, `deny()`, or the outcome of a call. */
  readonly answers?: Readonly<Record<string, Approval | OutcomeAnswer>>
}
