import { isBuiltInName } from '../contract/built-in-names.ts'
import { AgentError } from '../contract/errors.ts'
import type { PrepareStep, StepPlan, StepView } from '../contract/hooks.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import { user } from '../contract/messages.ts'
import type { ModelRequest, ToolChoice, ToolDefinition } from '../contract/model.ts'
import { findUnknownNames } from '../contract/options.ts'
import { joinInstructions, outputToolName } from '../contract/output.ts'
import type { RunVersion } from '../contract/result.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { LoopRun } from './loop-run.ts'
import { findTool } from './resolve-calls.ts'
import { runHook } from './run-hook.ts'
import { fitHistory } from './shorten-history.ts'
import { totalUsage } from './spending.ts'

/**
 * The request of the next step, changed by the caller's `prepareStep` where there is one. If that takes longer than the run has,
 * the request stays unchanged, and is not sent: no time is left.
 *
 * @throws {AgentError} `invalid-options` when `prepareStep` throws or returns something that cannot be done.
 */
export async function prepareRequest(run: LoopRun): Promise<ModelRequest> {
  const { agent, config } = run
  const plan = agent.prepareStep === undefined ? {} : await planStep(run, agent.prepareStep)
  const instructions = plan.instructions === undefined ? config.instructions : joinInstructions(plan.instructions, agent.output?.instructions)
  run.stepTools.begin(plan.activeTools)
  const tools = plan.activeTools === undefined || config.catalogue === 'search' ? config.toolDefinitions : chosenTools(run, plan.activeTools)
  const toolChoice = plan.toolChoice ?? toolChoiceOf(run)
  const head = {
    ...(instructions !== undefined && { instructions }),
    ...(tools.length > 0 && { tools }),
    ...(toolChoice !== undefined && tools.length > 0 && { toolChoice }),
    ...responseFormatOf(run),
  }
  return await fitHistory(run, head, plan.history)
}

// With `required` in every step the model could never answer, so it holds until a step has calls.
function toolChoiceOf(run: LoopRun): ToolChoice | undefined {
  const { chain, config, transcript } = run
  const { toolChoice } = config
  // A call of a tool of the loop is not what the caller asked for.
  const hasCalled = transcript.steps.some(({ toolResults }) => toolResults.some(({ toolName }) => !isBuiltInCall(run, toolName)))
  if (toolChoice !== 'required' || !hasCalled) return toolChoice
  return chain.takes('auto') ? 'auto' : undefined
}

function isBuiltInCall(run: LoopRun, toolName: string): boolean {
  const tool = findTool(run, toolName)
  return tool !== undefined && isBuiltInName(tool.name)
}

/** The request after a limit: the same bytes and one more message that asks for the best answer so far. */
export async function closingRequest(run: LoopRun, text: string): Promise<ModelRequest> {
  const { instructions, toolDefinitions } = run.config
  const toolChoice = closingToolChoice(run)
  const request = await fitHistory(run, {
    ...(instructions !== undefined && { instructions }),
    ...(toolDefinitions.length > 0 && { tools: toolDefinitions }),
    ...(toolDefinitions.length > 0 && toolChoice !== undefined && { toolChoice }),
    ...responseFormatOf(run),
  })
  return { ...request, messages: [...request.messages, user(text)] }
}

// `none` makes DeepSeek leave the tools out of the prompt, so the complete history would be read at full price. Calls are refused by the
// loop instead. https://github.com/QwenLM/qwen-code/issues/4518. Release 0.1.0 sent `none`.
function closingToolChoice(run: LoopRun): ToolChoice | undefined {
  const { chain, config, operations } = run
  if (operations.version === 1) return chain.takes('none') ? 'none' : undefined
  if (config.toolChoice !== 'required') return config.toolChoice
  return chain.takes('auto') ? 'auto' : undefined
}

/** Whether the caller's `stopWhen` ends the run after the step that is now complete. */
export async function wantsToStop(run: LoopRun): Promise<boolean> {
  const { stopWhen } = run.agent
  if (stopWhen === undefined) return false
  const returned = await runHook(run, {
    id: makeOperationId({ type: 'stop', step: run.transcript.steps.length }),
    option: 'stopWhen',
    body: () => stopWhen(viewOf(run)),
  })
  return returned !== 'late' && returned.value === true
}

async function planStep(run: LoopRun, prepareStep: PrepareStep): Promise<StepPlan> {
  const { version } = run.operations
  const returned = await runHook(run, {
    id: makeOperationId({ type: 'prepare', step: run.transcript.currentStep }),
    option: 'prepareStep',
    body: async () => recordedPlan(checkActive(run, await prepareStep(viewOf(run))), version),
  })
  return returned === 'late' ? {} : readPlan(returned.value, version)
}

// Checked where it is recorded: in a later process a tool of the catalogue may have vanished.
function checkActive({ agent, config }: LoopRun, plan: unknown): unknown {
  const names: unknown = isJsonObject(plan) ? plan['activeTools'] : undefined
  if (config.catalogue === 'list' || !Array.isArray(names)) return plan
  const unknown = names.find((name) => typeof name === 'string' && agent.catalogue.find(name) === undefined && !config.sends(name))
  if (unknown !== undefined) throw new TypeError(`It returned the tool '${String(unknown)}', which the agent does not have.`)
  return plan
}

// A run that release 0.1.0 began records `activeTools` under the name that it had there: `tools`.
function recordedPlan(plan: unknown, version: RunVersion): unknown {
  if (version !== 1 || !isJsonObject(plan) || plan['activeTools'] === undefined) return plan
  const { activeTools, ...others } = plan
  return { ...others, tools: activeTools }
}

const toolChoices: readonly string[] = ['auto', 'none', 'required'] satisfies readonly ToolChoice[]

function readPlan(value: Json, version: RunVersion): StepPlan {
  if (value === null) return {}
  if (!isJsonObject(value)) refuse('must return an object or undefined')
  const toolsName = version === 1 ? 'tools' : 'activeTools'
  const names = ['instructions', toolsName, 'toolChoice', ...(version === 1 ? [] : ['history'])]
  const problem = findUnknownNames(value, { names, what: 'part of a step plan', instead: { tools: 'activeTools' } })
  if (problem !== undefined) refuse(`returned an unknown name: ${problem}`)
  const { instructions, [toolsName]: activeTools, toolChoice, history }: Readonly<Record<string, Json | undefined>> = value
  if (instructions !== undefined && typeof instructions !== 'string') refuse('must return `instructions` that are a string')
  if (activeTools !== undefined && !isTextList(activeTools)) refuse(`must return \`${toolsName}\` that are a list of tool names`)
  if (toolChoice !== undefined && !isToolChoice(toolChoice)) refuse(`must return a \`toolChoice\` that is one of ${toolChoices.join(', ')}`)
  return {
    ...(instructions !== undefined && { instructions }),
    ...(activeTools !== undefined && { activeTools }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(history !== undefined && { history: readHistoryPlan(history) }),
  }
}

function readHistoryPlan(value: Json): NonNullable<StepPlan['history']> {
  if (!isJsonObject(value)) refuse('must return a `history` that is an object')
  const problem = findUnknownNames(value, { names: ['pin', 'clear'], what: 'part of the history of a step plan', path: 'history.', instead: { keep: 'pin' } })
  if (problem !== undefined) refuse(`returned an unknown name: ${problem}`)
  for (const [name, ids] of Object.entries(value)) {
    if (!isTextList(ids)) refuse(`must return \`history.${name}\` that is a list of ids of results`)
  }
  return value
}

function isTextList(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isToolChoice(value: Json): value is ToolChoice {
  return typeof value === 'string' && toolChoices.includes(value)
}

function refuse(problem: string): never {
  throw new AgentError(`prepareStep ${problem.replace(/\.$/, '')}.`, { code: 'invalid-options', phase: 'loop' })
}

function viewOf(run: LoopRun): StepView {
  const { messages, steps } = run.transcript
  return { messages: run.history.viewOf(messages), steps, usage: totalUsage(run), context: run.context }
}

// The tool that takes the final answer is always offered: the instructions ask for it. Those of the loop are offered beside others.
function chosenTools({ agent: { tools, builtIns }, config: { toolDefinitions } }: LoopRun, names: readonly string[]): readonly ToolDefinition[] {
  const unknown = names.find((name) => !tools.has(name) && !builtIns.has(name))
  if (unknown !== undefined) refuse(`returned the tool '${unknown}', which the agent does not have`)
  const chosen = new Set([...names, outputToolName, ...(names.length > 0 ? builtIns.keys() : [])])
  return toolDefinitions.filter(({ name }) => chosen.has(name))
}

function responseFormatOf({ agent: { output } }: LoopRun): Pick<ModelRequest, 'responseFormat'> {
  if (output?.mode === 'native') return { responseFormat: { type: 'json', schema: output.form.schema } }
  return output?.mode === 'json' ? { responseFormat: { type: 'json' } } : {}
}
