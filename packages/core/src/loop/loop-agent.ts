import type { ToolCatalogue } from '../catalogue/tool-catalogue.ts'
import type { ResolvedAttempts } from '../contract/attempts.ts'
import type { CatalogueMode } from '../contract/catalogue.ts'
import type { Guard } from '../contract/flow.ts'
import type { PrepareStep, StopWhen } from '../contract/hooks.ts'
import type { ResolvedLimits } from '../contract/limits.ts'
import type { ToolResultPart } from '../contract/messages.ts'
import type { Model, ToolChoice, ToolDefinition } from '../contract/model.ts'
import type { OutputMode, OutputSpec } from '../contract/output.ts'
import type { OutputForm } from '../contract/output-form.ts'
import type { RunSettings } from '../contract/request-parameters.ts'
import type { Tool } from '../contract/tool.ts'
import type { FlowRules, ModelFacts } from '../durability/records.ts'
import type { HistoryRules } from '../history/history-rules.ts'

/** An agent as the loop reads it: checked, with every default filled in. */
export interface LoopAgent {
  readonly name: string
  /** The first of `models`. */
  readonly model: Model
  /** The fallback chain: at least one. */
  readonly models: readonly Model[]
  /** The tools of the caller, and the one that takes the output. */
  readonly tools: ReadonlyMap<string, Tool<never>>
  /** Tools of the loop itself, in the order in which they are offered, after all others. Their context is a `BuiltInContext`. */
  readonly builtIns: ReadonlyMap<string, Tool<never>>
  /** All tools of the caller, for a search. */
  readonly catalogue: ToolCatalogue
  /** What a run that starts now records as its configuration, unless its caller changes it. */
  readonly config: ConfigValues
  /** Makes the instructions of a run of the caller's context; `undefined` where they are a text. */
  readonly makeInstructions: ((context: unknown) => unknown) | undefined
  /** What applies to a run whose caller gives no `attempts`. */
  readonly attempts: ResolvedAttempts
  readonly output: LoopOutput | undefined
  readonly prepareStep: PrepareStep | undefined
  readonly stopWhen: StopWhen | undefined
  /** What the caller gave. */
  readonly guard: Guard | undefined
  /** Returns true for results that are never cleared. */
  readonly keepResult: ((result: ToolResultPart) => boolean) | undefined
}

/** What the output of the run must be, and how the model is asked for it. */
export interface LoopOutput {
  readonly spec: OutputSpec
  readonly mode: OutputMode
  /** The form in which the model writes it. */
  readonly form: OutputForm
  /** Added to all instructions. */
  readonly instructions: string
}

/** What the decisions of a run depend on, with every default filled in. */
export interface ConfigValues {
  readonly instructions: string | undefined
  readonly toolChoice: ToolChoice | undefined
  /** Settings of the models for this run. */
  readonly settings: RunSettings | undefined
  readonly limits: ResolvedLimits
  readonly toolCallConcurrency: number
  /** `undefined` where the history is never shortened. */
  readonly history: HistoryRules | undefined
  /** In the order of the chain. */
  readonly models: readonly ModelFacts[]
  /** One array for all runs of an agent, so that adapters serialise it once. */
  readonly toolDefinitions: readonly ToolDefinition[]
  /** `search`: tools that are not in `toolDefinitions` are found by a search. */
  readonly catalogue: CatalogueMode
  /** `undefined` where nothing is declared, so that no call is guarded. */
  readonly flow: FlowRules | undefined
  /** Those of the caller, and the one that takes the output: what a run of release 0.1.0 sends. */
  readonly ownDefinitions: () => readonly ToolDefinition[]
  /** The definition of a tool of the agent, or of one that the loop adds. */
  readonly findDefinition: (name: string) => ToolDefinition | undefined
}
