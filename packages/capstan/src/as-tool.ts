import { AgentError, type Agent as CoreAgent, type OutputSpec, type StandardSchema, type Tool, type ToolCallContext } from '@capstan/core'
import { type ChildLimits, childTool, findUnknownNames, isOutputSpec, refusedTool } from '@capstan/core/internal'
import { type InputOf, type InputSchema, output as readOutput, tool } from '@capstan/tools'

/** Options of `asTool()`. */
export interface AsToolOptions<Schema extends InputSchema, Context> {
  /** As of `tool()`: 1 to 64 letters, digits, `_` and `-`. Also the name in `path` of events: `research#1`. */
  readonly name: string
  /** Written for the model that calls the agent: what the agent does, and what it must be told. */
  readonly description: string
  /** What the agent is called with, as `inputSchema` of `tool()`. */
  readonly input: Schema
  /** What the answer of the agent must be, in place of the agent's own `output`: the call then returns it as JSON. */
  readonly output?: OutputSpec<unknown> | StandardSchema<unknown>
  /**
   * Makes what the agent is asked: its only message. It sees nothing of the conversation of the agent that calls it. The text is recorded.
   * What it throws is handled as what a tool throws.
   */
  readonly prompt: (input: InputOf<Schema>, context: Context) => string | Promise<string>
  /** Limits of the agent in place of its own; `share` of what the calling run has left. */
  readonly limits?: ChildLimits
  /**
   * `result` (default): the answer is the result of the call. `final`: it is the answer of the run that called the agent, and ends it, when
   * every call beside it succeeded; `result.agent` names the agent.
   */
  readonly returns?: 'result' | 'final'
  /** How deep the agent may be nested, from 1 to 8: agents that call each other in a circle end there. Default: 3. */
  readonly depth?: number
}

const optionNames: Readonly<Record<keyof AsToolOptions<InputSchema, unknown>, true>> = {
  name: true,
  description: true,
  input: true,
  output: true,
  prompt: true,
  limits: true,
  returns: true,
  depth: true,
}

const instead = {
  inputSchema: 'input',
  parameters: 'input',
  schema: 'input',
  outputSchema: 'output',
  execute: 'prompt',
  handoff: "returns: 'final'",
  maxDepth: 'depth',
}

/** A prompt is not cut. */
const maxPromptBytes = 16_777_216

/**
 * Makes a tool of an agent: another agent calls it as any tool, and the loop runs it as part of the same run. Its questions to people, its
 * limits, its cost and its events are those of that run, and the records of that run continue it after a crash. Agents that are called in
 * one step run side by side.
 *
 * @param agent - A function is called when the agent is first needed, so that agents can call each other.
 * @throws {AgentError} `invalid-tool` or `invalid-options`.
 */
export function asTool<const Schema extends InputSchema, Context = unknown, Output = unknown>(
  agent: CoreAgent<Context, Output> | (() => CoreAgent<Context, Output>),
  options: AsToolOptions<Schema, Context>,
): Tool<Context> {
  const { name, description, input, output, prompt, limits, returns, depth } = options
  const problem = findUnknownNames(options, { names: Object.keys(optionNames), what: 'an option of asTool()', instead })
  if (problem !== undefined) throw refusedTool(`asTool ${JSON.stringify(name ?? '')}: ${problem}`)
  if (typeof prompt !== 'function')
    throw refusedTool(`asTool ${JSON.stringify(name ?? '')}: \`prompt\` must be a function that returns what the agent is asked.`)
  const asked = tool<Schema, Context>({
    name,
    description,
    inputSchema: input,
    maxResultBytes: maxPromptBytes,
    execute: async (value, { context }: ToolCallContext<Context>) => checkText(await prompt(value, context)),
  })
  // A schema of a library is one that `output` of `@capstan/tools` reads.
  const spec = output === undefined || isOutputSpec(output) ? output : readOutput(output)
  return childTool(asked, agent, { output: spec, limits, returns, depth })
}

function checkText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new AgentError(`\`prompt\` must return a string, not ${typeof value}.`, { code: 'invalid-options' })
}
