import type { CatalogueMode } from '../../contract/catalogue.ts'
import type { ResolvedLimits } from '../../contract/limits.ts'
import { defaultLimits } from '../../contract/limits.ts'
import type { ToolChoice, ToolDefinition } from '../../contract/model.ts'
import type { DeclaredFlow, FlowRules, ModelFacts, RecordedConfig } from '../../durability/records.ts'
import type { HistoryRules } from '../../history/history-rules.ts'
import type { ConfigValues } from '../loop-agent.ts'

/**
 * The configuration of a run. A run takes it from its first record, so a process that continues the run computes the same decisions
 * with changed prices, limits or instructions. A run of release 0.1.0 recorded none and keeps the values of the agent.
 */
export class RunConfig {
  #values: ConfigValues
  /** Names of the list, where they are recorded. */
  #sentNames: readonly string[] | undefined

  /** @param planned - The values of a run that starts now. */
  constructor(planned: ConfigValues) {
    this.#values = planned
  }

  get instructions(): string | undefined {
    return this.#values.instructions
  }

  get toolChoice(): ToolChoice | undefined {
    return this.#values.toolChoice
  }

  get limits(): ResolvedLimits {
    return this.#values.limits
  }

  /** Calls of one step that run at the same time, and agents that answer them. */
  get toolCallConcurrency(): number {
    return this.#values.toolCallConcurrency
  }

  get history(): HistoryRules | undefined {
    return this.#values.history
  }

  get models(): readonly ModelFacts[] {
    return this.#values.models
  }

  get toolDefinitions(): readonly ToolDefinition[] {
    return this.#values.toolDefinitions
  }

  /** `search`: the tools that are not in the list are found by a search. */
  get catalogue(): CatalogueMode {
    return this.#values.catalogue
  }

  /** `undefined` where no call is guarded. */
  get flow(): FlowRules | undefined {
    return this.#values.flow
  }

  /** What a tool in the list declared when the run began. */
  declaredBy(name: string): DeclaredFlow | undefined {
    const { flow } = this.#values
    return flow !== undefined && Object.hasOwn(flow.tools, name) ? flow.tools[name] : undefined
  }

  /** True for a tool that is in the list, whether this agent has it or not. */
  sends(name: string): boolean {
    return this.#sentNames === undefined ? this.#values.toolDefinitions.some((tool) => tool.name === name) : this.#sentNames.includes(name)
  }

  /** A run of release 0.1.0 keeps the values of the agent, and sends the list of all its tools without those of the loop, which that release did not have. */
  beginFirstRelease(): void {
    const { ownDefinitions } = this.#values
    this.#values = { ...this.#values, toolDefinitions: ownDefinitions(), catalogue: 'list', flow: undefined }
  }

  /** Takes the recorded values. A recorded tool that the agent does not have any more is not offered. */
  begin(recorded: RecordedConfig): void {
    // Nothing changes where this process has recorded them just now, as most runs do.
    if (recorded === ownRecords.get(this.#values)) return
    const { instructions, toolChoice, settings, limits, toolCallConcurrency, history, models, tools, catalogue = 'list' as const, flow } = recorded
    const { toolDefinitions, toolCallConcurrency: given, ownDefinitions, findDefinition } = this.#values
    this.#sentNames = tools
    const isSameList = tools.length === toolDefinitions.length && tools.every((name, index) => toolDefinitions[index]?.name === name)
    this.#values = {
      instructions,
      toolChoice,
      settings,
      limits: { ...noLimits, ...limits },
      toolCallConcurrency: toolCallConcurrency === undefined ? given : (toolCallConcurrency ?? Number.POSITIVE_INFINITY),
      history,
      models,
      catalogue,
      flow,
      ownDefinitions,
      findDefinition,
      toolDefinitions: isSameList ? toolDefinitions : tools.flatMap((name) => findDefinition(name) ?? []),
    }
  }

  /** Takes the context window that an endpoint named when it refused a request. */
  learnWindow(modelIndex: number, contextWindow: number): void {
    const models = this.#values.models.map((model, index) => (index === modelIndex ? { ...model, contextWindow } : model))
    this.#values = { ...this.#values, models }
  }

  /** The values in JSON form, as a run records them. One object for all runs of an agent with its own instructions. */
  toRecord(instructions: string | undefined): RecordedConfig {
    if (instructions !== this.#values.instructions) return recordOf(this.#values, instructions)
    const known = ownRecords.get(this.#values) ?? recordOf(this.#values, instructions)
    ownRecords.set(this.#values, known)
    return known
  }
}

/** What runs record whose values are those of their agent, by these values. */
const ownRecords = new WeakMap<ConfigValues, RecordedConfig>()

function recordOf(
  { toolChoice, settings, limits, toolCallConcurrency, history, models, toolDefinitions, catalogue, flow }: ConfigValues,
  instructions: string | undefined,
): RecordedConfig {
  return Object.freeze({
    rules: 1,
    ...(history !== undefined && { history }),
    ...(instructions !== undefined && { instructions }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(settings !== undefined && { settings }),
    limits: Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== Number.POSITIVE_INFINITY)),
    toolCallConcurrency: toolCallConcurrency === Number.POSITIVE_INFINITY ? null : toolCallConcurrency,
    models,
    tools: toolDefinitions.map(({ name }) => name),
    ...(catalogue === 'search' && { catalogue }),
    ...(flow !== undefined && { flow }),
  })
}

// JSON has no infinity, so a limit that is missing in a record is one.
const noLimits = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, Number.POSITIVE_INFINITY])) as Record<keyof ResolvedLimits, number>
