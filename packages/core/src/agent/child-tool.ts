import { AgentError } from '../contract/errors.ts'
import { type Limits, resolveLimits } from '../contract/limits.ts'
import { invalidOptions, kindOf } from '../contract/options.ts'
import type { OutputSpec } from '../contract/output.ts'
import type { Tool } from '../contract/tool.ts'
import { maxChildDepth } from '../durability/operation-ids.ts'
import { ChildAgent } from '../loop/children/child-agent.ts'
import { type Agent, loopAgentOf, rewireAgent } from './agent.ts'

/** Limits of an agent that answers calls of another one. Those that are absent are the agent's own. */
export interface ChildLimits extends Limits {
  /**
   * How much the agent may use of the tokens, the money and the time that the calling run has left when the call begins: above 0, at most
   * 1. It is reserved then, and what is not used returns. Where agents that run side by side have shares of more than 1 together, each gets
   * its part. Default: 1.
   */
  readonly share?: number
}

/** How an agent answers the calls of a tool. */
export interface ChildToolOptions {
  /** What its output must be in place of its own. */
  readonly output?: OutputSpec | undefined
  readonly limits?: ChildLimits | undefined
  readonly returns?: 'result' | 'final' | undefined
  readonly depth?: number | undefined
}

const defaultDepth = 3

/**
 * Puts an agent behind a tool: the loop runs the agent in place of the tool. What `run` of the tool returns is what the agent is asked.
 *
 * @param agent - A function is called when the agent is first needed, so that agents can refer to each other.
 * @throws {AgentError} `invalid-options`.
 */
export function childTool<Context, Output>(
  tool: Tool<Context>,
  agent: Agent<Context, Output> | (() => Agent<Context, Output>),
  options: ChildToolOptions = {},
): Tool<Context> {
  const { output, limits = {}, returns = 'result', depth = defaultDepth } = options
  const { share = 1, ...own } = limits
  const made = named(tool.name, () => {
    resolveLimits(own)
    checkOptions({ share, returns, depth })
    return typeof agent === 'function' ? undefined : loopAgentOf(agent, output)
  })
  const child = new ChildAgent({
    agent: made ?? (() => named(tool.name, () => loopAgentOf((agent as () => Agent<Context, Output>)(), output))),
    makePrompt: tool.run.bind(tool),
    limits: own,
    share,
    returns,
    depth,
    rewired: (change) => childTool(tool, typeof agent === 'function' ? () => rewireAgent(agent(), change) : rewireAgent(agent, change), options),
  })
  const run: Tool['run'] = async () => ({ status: 'error', text: 'Not run: an agent answers this tool, and only a run of an agent can call it.' })
  // The limit of the prompt is not one of the answer.
  const { maxResultBytes: _, ...rest } = tool
  return Object.freeze({ ...rest, effect: 'once', run, child })
}

function checkOptions({ share, returns, depth }: { readonly share: number; readonly returns: string; readonly depth: number }): void {
  if (!(typeof share === 'number' && share > 0 && share <= 1))
    throw invalidOptions(`\`limits.share\` must be a number above 0 and at most 1, not ${String(share)}.`)
  if (returns !== 'result' && returns !== 'final') throw invalidOptions(`\`returns\` must be 'result' or 'final', not ${kindOf(returns)}.`)
  if (!(Number.isInteger(depth) && depth >= 1 && depth <= maxChildDepth)) {
    throw invalidOptions(`\`depth\` must be an integer from 1 to ${maxChildDepth}, not ${String(depth)}.`)
  }
}

/** Names the tool in errors. */
function named<Result>(name: string, make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    if (!AgentError.is(error)) throw error
    throw new AgentError(`asTool '${name}': ${error.message}`, { code: error.code, cause: error.cause })
  }
}
