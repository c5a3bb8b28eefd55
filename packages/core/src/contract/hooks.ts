import type { Message } from './messages.ts'
import type { ToolChoice } from './model.ts'
import type { RunStep } from './result.ts'
import type { RunUsage } from './usage.ts'

/** What `prepareStep` may change for one step. It is recorded, so it must be plain JSON. */
export interface StepPlan {
  readonly instructions?: string
  /** Names of the tools to offer; a call of another one is refused. Fewer tools change the prompt prefix, so the provider's cache misses once. */
  readonly activeTools?: readonly string[]
  readonly toolChoice?: ToolChoice
  /** Results of tools, by id: `pin` keeps them from now on, `clear` puts one line in the place of each. Ids that are not there are ignored. */
  readonly history?: { readonly pin?: readonly string[]; readonly clear?: readonly string[] }
}

/** The argument of `prepareStep` and `stopWhen`. */
export interface StepView<Context = unknown> {
  /** What is sent: in a long run the short form of its history. */
  readonly messages: readonly Message[]
  /** The complete steps so far, with everything that was returned. */
  readonly steps: readonly RunStep[]
  readonly usage: RunUsage
  /** What the caller of the run gave as `context`. It is never recorded. */
  readonly context: Context
}

/** Decides before a step what to change for it; `undefined` changes nothing. */
export type PrepareStep<Context = unknown> = (view: StepView<Context>) => StepPlan | undefined | Promise<StepPlan | undefined>

/** Decides after a step with tool calls whether the run ends with `stop-condition`. */
export type StopWhen<Context = unknown> = (view: StepView<Context>) => boolean | Promise<boolean>
