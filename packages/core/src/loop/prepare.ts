import { AgentError } from '../errors.ts'
import { user } from '../messages.ts'
import type { ModelRequest, ToolDefinition } from '../model.ts'
import type { Operation } from '../operations.ts'
import type { LoopRun, StepPlan, StepView } from './loop-run.ts'

/**
 * The request of the next step. `prepareStep` is the caller's code, so its decision is an operation: recorded, and not asked again.
 *
 * @throws {AgentError} `invalid-options` when `prepareStep` throws or names an unknown tool.
 */
export async function prepareRequest(run: LoopRun): Promise<ModelRequest> {
  const { agent, messages } = run
  const plan = agent.prepareStep === undefined ? undefined : await decide(run, 'prepare', async () => (await agent.prepareStep?.(viewOf(run))) ?? {})
  const instructions = plan?.instructions ?? agent.instructions
  const toolChoice = plan?.toolChoice ?? agent.toolChoice
  return {
    ...(instructions !== undefined && { instructions }),
    messages,
    ...(agent.toolDefinitions.length > 0 && { tools: toolsOf(run, plan) }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...responseFormatOf(run),
  }
}

function responseFormatOf({ agent: { output } }: LoopRun): Pick<ModelRequest, 'responseFormat'> {
  if (output?.mode === 'native') return { responseFormat: { type: 'json', schema: output.spec.schema } }
  return output?.mode === 'json' ? { responseFormat: { type: 'json' } } : {}
}

/** The request after a limit: the same bytes and one more message that asks for the best answer so far. */
export function closingRequest(run: LoopRun, text: string): ModelRequest {
  const { instructions, toolDefinitions, model } = run.agent
  return {
    ...(instructions !== undefined && { instructions }),
    messages: [...run.messages, user(text)],
    ...(toolDefinitions.length > 0 && { tools: toolDefinitions }),
    ...(model.traits.toolChoices.includes('none') && { toolChoice: 'none' as const }),
    ...responseFormatOf(run),
  }
}

/** Whether the caller's `stopWhen` ends the run after the step that is now whole. */
export async function wantsToStop(run: LoopRun): Promise<boolean> {
  const { stopWhen } = run.agent
  return stopWhen === undefined ? false : await decide(run, 'stop', async () => await stopWhen(viewOf(run)))
}

async function decide<Output>(run: LoopRun, what: 'prepare' | 'stop', body: () => Promise<Output>): Promise<Output> {
  const step = what === 'prepare' ? run.steps.length + 1 : run.steps.length
  const operation: Operation<Output> = { id: `steps/${step}/${what}`, name: what, effect: 'read', run: body }
  try {
    const [outcome] = await run.operations.perform([operation])
    if (outcome?.status === 'done') return outcome.output
  } catch (error) {
    if (AgentError.is(error)) throw error
    const option = what === 'prepare' ? 'prepareStep' : 'stopWhen'
    throw new AgentError(`${option} of agent '${run.agent.name}' threw in step ${step}.`, { code: 'invalid-options', phase: 'loop', cause: error })
  }
  throw new AgentError(`The operation ${operation.id} has no outcome.`, { code: 'internal', phase: 'loop' })
}

function viewOf(run: LoopRun): StepView {
  return { messages: run.messages, steps: run.steps, usage: run.usage }
}

function toolsOf(run: LoopRun, plan: StepPlan | undefined): readonly ToolDefinition[] {
  const { toolDefinitions, tools } = run.agent
  if (plan?.tools === undefined) return toolDefinitions
  for (const name of plan.tools) {
    if (!tools.has(name)) {
      throw new AgentError(`prepareStep names the tool '${name}', which agent '${run.agent.name}' does not have.`, { code: 'invalid-options', phase: 'loop' })
    }
  }
  const chosen = new Set(plan.tools)
  return toolDefinitions.filter(({ name }) => chosen.has(name))
}
