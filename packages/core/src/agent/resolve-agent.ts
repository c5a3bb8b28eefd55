import { isReservedName } from '../contract/built-in-names.ts'
import { AgentError } from '../contract/errors.ts'
import type { PrepareStep, StopWhen } from '../contract/hooks.ts'
import { type Limits, resolveLimits } from '../contract/limits.ts'
import type { Model, ModelTraits, ToolChoice, ToolDefinition } from '../contract/model.ts'
import { invalidOptions } from '../contract/options.ts'
import {
  chooseOutputMode,
  isOutputSpec,
  joinInstructions,
  type OutputMode,
  type OutputSpec,
  outputInstructions,
  type SchemaReader,
} from '../contract/output.ts'
import { outputForm } from '../contract/output-form.ts'
import type { StandardSchema } from '../contract/standard-schema.ts'
import { arePrices } from '../contract/usage.ts'
import type { ModelFacts } from '../durability/records.ts'
import { resolveHistory } from '../history/history-rules.ts'
import { configureModels } from '../loop/configure-models.ts'
import type { ConfigValues, LoopAgent, LoopOutput } from '../loop/loop-agent.ts'
import { resolveAttempts } from '../retry/resolve-attempts.ts'
import type { AgentOptions, CommonRunOptions } from './agent-options.ts'
import { checkChildren } from './check-children.ts'
import { checkAgentOptions, readSettings } from './check-options.ts'
import { modelsOf, sharedTraits } from './model-chain.ts'
import { outputTool } from './output-tool.ts'
import { resolveFlow, unattended } from './resolve-flow.ts'
import { listTools } from './tool-lists.ts'
import { indexTools, refusedTool } from './tool-set.ts'

/**
 * Checks the options of an agent and fills in every default.
 *
 * @throws {AgentError} `invalid-options` or `invalid-tool`.
 */
export function resolveAgent<Context, Output>(options: AgentOptions<Context, Output>, readSchema?: SchemaReader): LoopAgent {
  const name = typeof options?.name === 'string' ? options.name : 'agent'
  try {
    checkAgentOptions(options)
    const own = indexTools(options.tools ?? [])
    const models = modelsOf(options.model)
    checkModels(options, models, own.byName.size)
    const traits = sharedTraits(models)
    const spec = options.output && readOutput(options.output, readSchema)
    const output = spec && resolveOutput(spec, options.outputMode, { traits, hasTools: own.byName.size > 0 })
    checkChildren(own.byName, { models, limits: options.limits, output })
    const { tools, builtIns, catalogue, mode, sent, ownDefinitions, findDefinition } = listTools({
      own,
      output: output?.mode === 'tool' ? outputTool(output) : undefined,
      catalogue: options.catalogue,
      rank: options.rank,
      closedSchemas: traits.closedSchemas === true,
    })
    checkToolNames(sent, models)
    return {
      name,
      model: models[0],
      models,
      tools,
      builtIns,
      catalogue,
      config: {
        instructions: typeof options.instructions === 'function' ? undefined : joinInstructions(options.instructions, output?.instructions),
        toolChoice: options.toolChoice,
        settings: undefined,
        limits: resolveLimits(options.limits ?? {}),
        toolCallConcurrency: options.toolCallConcurrency ?? 10,
        history: resolveHistory(options.history),
        models: models.map(modelFacts),
        toolDefinitions: sent,
        catalogue: mode,
        ownDefinitions,
        findDefinition,
        flow: resolveFlow(options.guard, { own, mode, sent }),
      },
      // The caller's context has the type that its instructions ask for: `Agent<Context>` checks it.
      makeInstructions: typeof options.instructions === 'function' ? (options.instructions as (context: unknown) => unknown) : undefined,
      attempts: resolveAttempts(options.attempts),
      output,
      // As for the instructions.
      prepareStep: options.prepareStep as PrepareStep | undefined,
      stopWhen: options.stopWhen as StopWhen | undefined,
      guard: options.guard,
      keepResult: options.history === false ? undefined : options.history?.keep,
    }
  } catch (error) {
    if (!AgentError.is(error)) throw error
    throw new AgentError(`Agent '${name}': ${error.message}`, { code: error.code, cause: error.cause })
  }
}

/** What a call may change for its run. */
export type RunChanges = Pick<CommonRunOptions, 'limits' | 'toolChoice' | 'settings' | 'attended'>

/**
 * The configuration of a run that starts now.
 *
 * @throws {AgentError} `invalid-options` for a limit, a tool choice or a setting that this agent cannot have.
 */
export function planRun({ config, models: given, tools }: LoopAgent, changes: RunChanges): ConfigValues {
  const { limits, toolChoice, attended = true } = changes
  if (limits === undefined && toolChoice === undefined && changes.settings === undefined && attended) return config
  const settings = changes.settings && readSettings(changes.settings)
  const models = settings === undefined ? given : configureModels(given, settings)
  checkModels({ limits, toolChoice }, models, tools.size)
  checkChildren(tools, { models, limits })
  return {
    ...config,
    limits: resolveLimits(limits ?? {}, config.limits),
    toolChoice: toolChoice ?? config.toolChoice,
    ...(!attended && { flow: unattended(config.flow) }),
    ...(settings !== undefined && { settings, models: models.map(modelFacts) }),
  }
}

interface RunLimits {
  readonly limits?: Limits | undefined
  readonly toolChoice?: ToolChoice | undefined
}

function modelFacts({ id, traits: { prices, contextWindow, maxOutputTokens, cacheLifetimeMs } }: Model): ModelFacts {
  return {
    id,
    ...(prices !== undefined && { prices }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(cacheLifetimeMs !== undefined && { cacheLifetimeMs }),
  }
}

function checkModels({ limits, toolChoice }: RunLimits, models: readonly Model[], toolCount: number): void {
  checkCostLimit(limits, models)
  for (const { id, traits } of models) {
    if (traits.candidates > 1)
      throw invalidOptions(`${id} is set to n = ${traits.candidates}, but an agent uses one reply. Use model.complete() for more candidates.`)
    if (traits.prices !== undefined && !arePrices(traits.prices)) {
      throw invalidOptions(`the prices of ${id} must be integers of at least 0: micro-units for a million tokens, so 0.60 is 600_000.`)
    }
    if (toolCount > 0 && !traits.tools)
      throw invalidOptions(
        `${id} refuses tools. Give the model \`toolProtocol: 'text'\`, with which tools are described in its instructions, or use another model for an agent with tools.`,
      )
  }
  if (toolChoice === 'required' && toolCount === 0) throw invalidOptions("toolChoice 'required' needs tools.")
}

/** A tool that is found by a search may have any name: it is not part of the request. Every endpoint takes the names of the loop. */
function checkToolNames(sent: readonly ToolDefinition[], models: readonly Model[]): void {
  for (const { id, traits } of models) checkNamesFor(sent, id, traits)
}

function checkNamesFor(sent: readonly ToolDefinition[], id: string, { toolNames }: ModelTraits): void {
  if (toolNames === undefined) return
  const pattern = new RegExp(`^(?:${toolNames.pattern})$`)
  for (const { name } of sent) {
    if (!isReservedName(name) && !pattern.test(name))
      throw refusedTool(`tool ${JSON.stringify(name)}: at /name, ${id} takes ${toolNames.words}. Rename the tool.`)
  }
}

function readOutput<Output>(output: OutputSpec<Output> | StandardSchema<Output>, readSchema: SchemaReader | undefined): OutputSpec {
  if (isOutputSpec(output)) return output
  if (readSchema !== undefined) return readSchema(output)
  throw invalidOptions('`output` is a schema of a library. Wrap it: output(schema) of @capstan/tools, or use the Agent of capstan, which reads schemas itself.')
}

interface OutputSetting {
  readonly traits: ModelTraits
  readonly hasTools: boolean
}

function checkCostLimit(limits: Limits | undefined, models: readonly Model[]): void {
  if (limits?.cost === undefined) return
  const unpriced = models.find(({ traits }) => traits.prices === undefined)
  if (unpriced !== undefined) throw invalidOptions(`\`limits.cost\` needs prices, and ${unpriced.id} has none. Pass \`prices\` in the settings of the model.`)
  const currencies = new Set(models.flatMap(({ traits }) => traits.prices?.currency ?? []))
  if (currencies.size > 1)
    throw invalidOptions(`limits.cost counts one currency, and the models have prices in ${[...currencies].join(' and ')}. Give all prices in one.`)
}

function resolveOutput(spec: OutputSpec, wanted: OutputMode | undefined, { traits, hasTools }: OutputSetting): LoopOutput {
  const mode = wanted ?? chooseOutputMode(traits, hasTools)
  if (!canUse(mode, traits)) throw invalidOptions(`the model does not support \`outputMode: '${mode}'\`. Leave it out: the best mode is then chosen.`)
  const form = outputForm(spec.schema)
  return { spec, mode, form, instructions: outputInstructions(mode, form.schema) }
}

function canUse(mode: OutputMode, { tools, outputModes = [] }: ModelTraits): boolean {
  if (mode === 'tool') return tools
  return mode === 'text' || outputModes.includes(mode)
}
