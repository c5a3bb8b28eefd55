import { Agent } from '../agent/agent.ts'
import type { AgentOptions } from '../agent/agent-options.ts'
import { type ChildToolOptions, childTool } from '../agent/child-tool.ts'
import { isJsonObject, type Json } from '../contract/json.ts'
import type { Tool } from '../contract/tool.ts'
import { type Answer, call, scriptedModel } from './scripted-model.ts'
import { testTool } from './test-tool.ts'

/** A tool whose calls an agent answers. The agent is asked the `task` of the input. */
export function agentTool(
  name: string,
  agent: Agent | (() => Agent),
  { tool = {}, ...options }: ChildToolOptions & { readonly tool?: Partial<Tool> } = {},
): Tool {
  return childTool(testTool(name, taskOf, tool), agent, options)
}

function taskOf(input: Json): string {
  return isJsonObject(input) ? String(input['task']) : ''
}

/** An agent with a script. */
export function scripted(answers: readonly Answer[], { name = 'worker', ...options }: Partial<AgentOptions> = {}): Agent {
  return new Agent({ name, model: scriptedModel(answers), ...options })
}

/** A call of a tool of `agentTool`. */
export function ask(name: string, task = `the task of ${name}`): ReturnType<typeof call> {
  return call(name, { task })
}
