import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Agent, type Tool } from '@capstan/core'
import type { RunArguments } from './arguments.ts'
import { chooseModel } from './choose-model.ts'
import { UsageError } from './command-line.ts'
import { connectServers } from './mcp-servers.ts'
import type { ShownText } from './terminal/shown-text.ts'

/** An agent, and the function that closes its resources after the run. */
export interface ChosenAgent {
  readonly agent: Agent
  /** Says where the model runs, for people. */
  readonly note: ShownText | undefined
  close(): Promise<void>
}

export interface AgentChoice {
  readonly command: 'run' | 'demo' | 'chat'
  readonly args: RunArguments
  readonly env: NodeJS.ProcessEnv
}

/** Returns the agent of the user, or an agent with the model and the tools that the options name. */
export async function chooseAgent({ command, args, env }: AgentChoice): Promise<ChosenAgent> {
  if (args.agent !== undefined) {
    const agent = await loadAgent(args.agent)
    return { agent, note: undefined, close: async () => {} }
  }
  const servers = await connectServers(args.mcp)
  const { model, note, close } = await chooseModel({ args, env, offlineWithoutKey: command === 'demo' })
  const { limits, instructions } = args
  const tools = [...(await stockTools(args)), ...servers.tools]
  const agent = new Agent({ name: command, model, tools, limits, ...(instructions !== undefined && { instructions }) })
  return { agent, note, close: async () => void (await Promise.all([close(), servers.close()])) }
}

/**
 * Loads an agent of the user.
 *
 * @param location - `./file.js#name`: a module and the name of its export, `agent` by default.
 * @throws {UsageError} If the module cannot be loaded, or its export is not an agent.
 */
export async function loadAgent(location: string): Promise<Agent> {
  const [, file = location, name = 'agent'] = /^(.*?)(?:#([^#]*))?$/.exec(location) ?? []
  const exported = (await importModule(file))[name]
  // It may come from another copy of the package, where `instanceof` would be false.
  if (isAgent(exported)) return exported
  throw new UsageError(`--agent ${location}: the module has no agent exported as '${name}'. Write: export const ${name} = new Agent({ … })`)
}

async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(resolve(file)).href)
  } catch (error) {
    throw new UsageError(`--agent ${file}: the module cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isAgent(value: unknown): value is Agent {
  return typeof value === 'object' && value !== null && 'resume' in value && 'stream' in value && typeof value.stream === 'function'
}

/** The tools of `run`, `demo` and `chat`, without the groups that were switched off. */
async function stockTools({ tools, root }: RunArguments): Promise<readonly Tool[]> {
  const groups = await Promise.all([
    tools.calculator ? import('@capstan/tools/calculator').then(({ calculator }) => [calculator]) : [],
    tools.dates ? import('@capstan/tools/dates').then(({ dates }) => dates) : [],
    tools.files ? import('@capstan/tools/files').then(({ files }) => files({ root })) : [],
  ])
  return groups.flat()
}
