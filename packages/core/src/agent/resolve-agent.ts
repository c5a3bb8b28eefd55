import { AgentError } from '../errors.ts'
import { resolveLimits } from '../limits.ts'
import type { LoopAgent } from '../loop/loop-run.ts'
import type { ModelTraits, ToolDefinition } from '../model.ts'
import { answerToolName, chooseOutputMode, type OutputMode, type OutputSpec, outputInstructions } from '../output.ts'
import type { Tool } from '../tool.ts'
import type { AgentOptions } from './agent-options.ts'
import { answerTool } from './answer-tool.ts'
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
    checkOptions(options, own.size)
    const output = resolveOutput(options, own)
    const tools = output?.mode === 'tool' ? indexTools([...own.values(), answerTool(output.spec)]) : own
    return {
      name,
      model: options.model,
      instructions: joinInstructions(options.instructions, output),
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

function checkOptions<Context, Output>({ model, toolCallConcurrency = 10, limits, toolChoice }: AgentOptions<Context, Output>, tools: number): void {
  if (typeof model?.stream !== 'function') refuse('`model` must be a model, such as evolink(...) or openaiCompatible({ ... }) makes.')
  if (!(toolCallConcurrency >= 1)) refuse(`toolCallConcurrency must be at least 1, not ${toolCallConcurrency}.`)
  const { id, traits } = model
  if (traits.candidates > 1) refuse(`${id} is set to n = ${traits.candidates}; an agent follows one answer. Use model.complete() for more.`)
  if (limits?.cost !== undefined && traits.prices === undefined) {
    refuse(`limits.cost needs prices, and ${id} has none. Pass \`prices\` in the settings of the model.`)
  }
  if (tools > 0 && !traits.tools) refuse(`${id} refuses tools. Use another model for an agent with tools.`)
  if (toolChoice === 'required' && tools === 0) refuse("toolChoice 'required' needs tools.")
}

type ResolvedOutput = { readonly spec: OutputSpec; readonly mode: OutputMode } | undefined

function resolveOutput<Context, Output>({ output, outputMode, model }: AgentOptions<Context, Output>, tools: ReadonlyMap<string, unknown>): ResolvedOutput {
  if (output === undefined) return undefined
  const mode = outputMode ?? chooseOutputMode(model.traits, tools.size > 0)
  if (!canUse(mode, model.traits)) refuse(`outputMode '${mode}' is not one that ${model.id} has. Leave it out for the best one.`)
  if (mode === 'tool' && tools.has(answerToolName)) refuse(`the tool name '${answerToolName}' is taken by \`output\`. Rename the tool.`)
  return { spec: output, mode }
}

function canUse(mode: OutputMode, { tools, outputModes = [] }: ModelTraits): boolean {
  if (mode === 'tool') return tools
  return mode === 'text' || outputModes.includes(mode)
}

function joinInstructions(instructions: string | undefined, output: ResolvedOutput): string | undefined {
  if (output === undefined) return instructions
  const added = outputInstructions(output.mode, output.spec.schema)
  return instructions === undefined ? added : `${instructions}\n\n${added}`
}

function definitionOf({ name, description, inputSchema }: Tool<never>): ToolDefinition {
  return { name, description, inputSchema }
}

function refuse(problem: string): never {
  throw new AgentError(problem, { code: 'invalid-options' })
}
