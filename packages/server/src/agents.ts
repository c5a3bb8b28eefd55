import type { Agent, Tool } from '@capstan/core'
import { checkNames, indexTools, invalidOptions, kindOf, rewireAgent } from '@capstan/core/internal'
import type { AgentServerOptions, ServedAgent } from './options.ts'

/** An agent under the name that clients use. */
export interface NamedAgent extends ServedAgent {
  readonly name: string
}

/** The agents of a server, checked. */
export class ServedAgents {
  readonly #byName: ReadonlyMap<string, NamedAgent>

  /** @throws {AgentError} `invalid-options` for no agents, and without a journal for tools that ask a person. */
  constructor({ agents, journal }: Pick<AgentServerOptions, 'agents' | 'journal'>) {
    if (typeof agents !== 'object' || agents === null || Object.keys(agents).length === 0) {
      throw invalidOptions('`agents` must be an object with at least one agent: agents: { support: new Agent({ … }) }.')
    }
    this.#byName = new Map(Object.entries(agents).map(([name, given]) => [name, nameAgent(name, given)]))
    if (journal === undefined) for (const { name, agent } of this.#byName.values()) refuseAsking(name, agent)
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()]
  }

  /** The agent with this name; without a name, the only one. */
  find(name: string | undefined): NamedAgent | undefined {
    if (name !== undefined) return this.#byName.get(name)
    return this.#byName.size === 1 ? [...this.#byName.values()][0] : undefined
  }

  /** The agent of a run that was begun elsewhere: by the name that the agent has itself. */
  findByOwnName(name: string | undefined): NamedAgent | undefined {
    const found = [...this.#byName.values()].filter(({ agent }) => agent.name === name)
    return found.length === 1 ? found[0] : undefined
  }
}

function nameAgent(name: string, given: Agent<never> | ServedAgent): NamedAgent {
  const served = isServed(given) ? given : { agent: given }
  if (served === given) checkNames(served, { names: ['agent', 'context', 'limits'], what: 'a field of a served agent', path: `agents.${name}.` })
  if (typeof served.agent?.stream !== 'function') throw invalidOptions(`agents.${name} must be an agent, or { agent, context, limits }, not ${kindOf(given)}.`)
  return { ...served, name }
}

function isServed(given: Agent<never> | ServedAgent): given is ServedAgent {
  return typeof given === 'object' && given !== null && 'agent' in given && !('stream' in given)
}

/** Without a journal a run that waits for a person would be lost with the process, and no state leaves the server. */
function refuseAsking(name: string, agent: Agent<never>): void {
  const asking = [...toolsOf(agent).values()].find(asksPeople)
  if (asking === undefined) return
  throw invalidOptions(
    `The tool '${asking.name}' of agents.${name} may ask a person, so its runs need a journal that keeps them. Pass \`journal\`, such as fileJournal(folder).`,
  )
}

function toolsOf(agent: Agent<never>): ReadonlyMap<string, Tool<never>> {
  let tools: ReadonlyMap<string, Tool<never>> = new Map()
  rewireAgent(agent, (options) => {
    tools = indexTools((options as { readonly tools?: Parameters<typeof indexTools>[0] }).tools ?? []).byName
    return options
  })
  return tools
}

function asksPeople(tool: Tool<never>): boolean {
  if (tool.needsApproval !== false || tool.ask !== undefined) return true
  return [...(tool.child?.tools.values() ?? [])].some(asksPeople)
}
