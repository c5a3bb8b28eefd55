import type { Limits } from '../../contract/limits.ts'
import type { OptionsChange, Tool, ToolCallContext, ToolChild, ToolOutput } from '../../contract/tool.ts'
import { maxChildDepth } from '../../durability/operation-ids.ts'
import type { LoopAgent } from '../loop-agent.ts'
import type { LoopRun } from '../loop-run.ts'

/** How an agent answers the calls of a tool. */
export interface ChildAgentOptions {
  /** A function is called once, when the agent is first needed: agents may refer to each other. */
  readonly agent: LoopAgent | (() => LoopAgent)
  /** Makes of a checked input what the agent is asked. Never throws, as `run` of a tool. */
  readonly makePrompt: (value: unknown, call: ToolCallContext<never>) => Promise<ToolOutput>
  /** `final`: the answer of the agent ends the run that called it. */
  readonly returns: 'result' | 'final'
  /** Over the limits of the agent. */
  readonly limits: Limits
  /** Of what the calling run has left of tokens, money and time: above 0, at most 1. */
  readonly share: number
  /** How deep the agent may be nested: 1 for a run that no other one called. */
  readonly depth: number
  readonly rewired: ToolChild['rewired']
}

/** The agent behind a tool. The loop runs it in place of the tool. */
export class ChildAgent implements ToolChild {
  readonly #options: ChildAgentOptions
  #known: LoopAgent | undefined

  constructor(options: ChildAgentOptions) {
    this.#options = options
    this.#known = typeof options.agent === 'function' ? undefined : options.agent
  }

  get options(): Omit<ChildAgentOptions, 'agent'> {
    return this.#options
  }

  /** The agent, unless it is given as a function that was not called yet. */
  get known(): LoopAgent | undefined {
    return this.#known
  }

  get agent(): LoopAgent {
    const { agent } = this.#options
    this.#known ??= typeof agent === 'function' ? agent() : agent
    return this.#known
  }

  rewired(change: OptionsChange): Tool<never> {
    return this.#options.rewired(change)
  }

  get tools(): LoopAgent['tools'] {
    return this.agent.tools
  }
}

/** The agent behind a tool; `undefined` for a tool that runs by itself. */
export function childAgentOf({ child }: Pick<Tool<never>, 'child'>): ChildAgent | undefined {
  return child instanceof ChildAgent ? child : undefined
}

/** Why no agent answers a call of this tool; `undefined` when one may, and for a tool that runs by itself. */
export function refusalOfAgent({ operations, child }: LoopRun, tool: Tool<never>): string | undefined {
  const behind = childAgentOf(tool)
  if (behind === undefined) return undefined
  if (operations.version === 1) return 'Not run: this run was begun by release 0.1.0, in which no agent answers a call.'
  const most = Math.min(behind.options.depth, maxChildDepth)
  const depth = (child?.path.length ?? 0) + 1
  if (depth <= most) return undefined
  return `Not run: '${tool.name}' may be nested at most ${most} deep, and this would be ${depth}. Do it yourself with what you have, or answer without it.`
}
