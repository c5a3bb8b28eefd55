import { equalJson } from '../contract/json.ts'
import type { Limits } from '../contract/limits.ts'
import type { Model } from '../contract/model.ts'
import { invalidOptions } from '../contract/options.ts'
import type { Tool } from '../contract/tool.ts'
import { schemaMeaning } from '../durability/schema-meaning.ts'
import { childAgentOf } from '../loop/children/child-agent.ts'
import type { LoopAgent, LoopOutput } from '../loop/loop-agent.ts'
import { refusedTool } from './tool-set.ts'

/** What the agents behind the tools of an agent have to suit. */
interface CallingAgent {
  readonly models: readonly Model[]
  readonly limits?: Limits | undefined
  /** Only where the agent is made. */
  readonly output?: LoopOutput | undefined
}

/**
 * Checks the agents behind the tools of an agent. Those that are given as functions are not made for it.
 *
 * @throws {AgentError} `invalid-tool` for a tool of another copy of the package; `invalid-options` for a limit of money that such an agent
 * cannot be counted under, and for one that is to give the final answer and has another output.
 */
export function checkChildren(tools: ReadonlyMap<string, Tool<never>>, { models, limits, output }: CallingAgent): void {
  for (const tool of tools.values()) {
    if (tool.child === undefined) continue
    const behind = childAgentOf(tool)
    if (behind === undefined) throw refusedTool(`Tool "${tool.name}": asTool() of another copy of the package made it. Install one copy.`)
    const { known, options } = behind
    if (known === undefined) continue
    if (options.returns === 'final' && output !== undefined) checkFinal(tool.name, known, output)
    if (limits?.cost !== undefined) checkPrices(tool.name, known, models)
  }
}

function checkFinal(toolName: string, agent: LoopAgent, { spec }: LoopOutput): void {
  const given = agent.output?.spec.schema
  if (given !== undefined && equalJson(schemaMeaning(given), schemaMeaning(spec.schema))) return
  const found = given === undefined ? 'has no `output`' : 'has another one'
  throw invalidOptions(
    `the agent behind tool '${toolName}' gives the final answer (returns: 'final'), so its output must have the schema of \`output\`; it ${found}. ` +
      `Give asTool() the same \`output\`, or use returns: 'result'.`,
  )
}

function checkPrices(toolName: string, agent: LoopAgent, models: readonly Model[]): void {
  const currency = models[0]?.traits.prices?.currency
  const wrong = agent.models.find(({ traits }) => traits.prices?.currency !== currency)
  if (wrong === undefined) return
  const what = wrong.traits.prices === undefined ? 'no prices' : `prices in ${wrong.traits.prices.currency}`
  throw invalidOptions(
    `\`limits.cost\` counts the agent behind tool '${toolName}' too, and its model ${wrong.id} has ${what}. Give all prices in one currency.`,
  )
}
