import { AgentError } from '../contract/errors.ts'
import { resolveLimits } from '../contract/limits.ts'
import type { Model, ModelTraits, ToolDefinition } from '../contract/model.ts'
import { answerToolName, chooseOutputMode, type OutputMode, outputInstructions } from '../contract/output.ts'
import type { Tool } from '../contract/tool.ts'
import { arePrices } from '../contract/usage.ts'
import type { LoopAgent, LoopOutput } from '../loop/loop-agent.ts'
import { joinInstructions } from '../loop/prepare-step.ts'
import type { AgentOptions } from './agent-options.ts'
import { answerTool } from './answer-tool.ts'
import { modelsOf, sharedTraits } from './model-chain.ts'
import { indexTools } from './tool-set.ts'

/**
 * Checks the options of an agent and fills in every default.
 *
 * @throws {AgentError} `invalid-options` or `invalid-tool`.
 */
export function resolveAgent<Context, Output>(options: AgentOptions<Context, Output>): LoopAgent {
  const { name = 'agent', toolCallConcurrency = 10 } = options
  try {
    const own = indexTools(options.tools ?? [])
    const models = modelsOf(options.model)
    checkOptions(options, models, own.size)
    const traits = sharedTraits(models)
    const output = resolveOutput(options, traits, own)
    const tools = output?.mode === 'tool' ? indexTools([...own.values(), answerTool(output.spec)]) : own
    return {
      name,
      model: models[0],
      models,
      traits,
      instructions: joinInstructions(options.instructions, output?.instructions),
      tools,
      toolDefinitions: [...tools.values()].map(definitionOf),
      toolChoice: options.toolChoice,
      toolCallConcurrency,
      limits: resolveLimits(options.limits ?? {}),
      output,
      prepareStep: options.prepareStep,
      stopWhen: options.stopWhen,
    }
  } catch (error) {
    if (!AgentError.is(error)) throw error
    throw new AgentError(`Agent '${name}': ${error.message}`, { code: error.code, cause: error.cause })
  }
}

function checkOptions<Context, Output>(options: AgentOptions<Context, Output>, models: readonly Model[], tools: number): void {
  const { toolCallConcurrency = 10, limits, toolChoice } = options
  if (!(toolCallConcurrency >= 1)) refuse(`toolCallConcurrency must be at least 1, not ${toolCallConcurrency}.`)
  for (const { id, traits } of models) {
    if (traits.candidates > 1) refuse(`${id} is set to n = ${traits.candidates}; an agent follows one answer. Use model.complete() for more.`)
    if (limits?.cost !== undefined && traits.prices === undefined) {
      refuse(`limits.cost needs prices, and ${id} has none. Pass \`prices\` in the settings of the model.`)
    }
    if (traits.prices !== undefined && !arePrices(traits.prices)) {
      refuse(`the prices of ${id} must be integers of at least 0: micro-units for a million tokens, so 0.60 is 600_000.`)
    }
    if (tools > 0 && !traits.tools) refuse(`${id} refuses tools. Use another model for an agent with tools.`)
  }
  if (toolChoice === 'required' && tools === 0) refuse("toolChoice 'required' needs tools.")
}

function resolveOutput<Context, Output>(
  { output, outputMode }: AgentOptions<Context, Output>,
  traits: ModelTraits,
  own: ReadonlyMap<string, unknown>,
): LoopOutput | undefined {
  if (output === undefined) return undefined
  const mode = outputMode ?? chooseOutputMode(traits, own.size > 0)
  if (!canUse(mode, traits)) refuse(`outputMode '${mode}' is not one that the model has. Leave it out for the best one.`)
  if (mode === 'tool' && own.has(answerToolName)) refuse(`the tool name '${answerToolName}' is taken by \`output\`. Rename the tool.`)
  return { spec: output, mode, instructions: outputInstructions(mode, output.schema) }
}

function canUse(mode: OutputMode, { tools, outputModes = [] }: ModelTraits): boolean {
  if (mode === 'tool') return tools
  return mode === 'text' || outputModes.includes(mode)
}

function definitionOf({ name, description, inputSchema }: Tool<never>): ToolDefinition {
  return { name, description, inputSchema }
}

function refuse(problem: string): never {
  throw new AgentError(problem, { code: 'invalid-options' })
}
