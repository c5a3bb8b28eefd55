import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Agent, type Tool } from '@capstan/core'
import type { RunArguments } from './arguments.ts'
import { chooseModel } from './choose-model.ts'
import { UsageError } from './command-line.ts'

/** An agent to run, and what has to be closed after it. */
export interface ChosenAgent {
  readonly agent: Agent
  /** The model, for people; for an agent of the user's own, its name. */
  readonly modelId: string
  readonly note: string | undefined
  close(): Promise<void>
}

export interface AgentChoice {
  readonly command: 'run' | 'demo' | 'chat'
  readonly args: RunArguments
  readonly env: NodeJS.ProcessEnv
}

/** The agent of the user's own, or one with the model and the tools that the options name. */
export async function chooseAgent({ command, args, env }: AgentChoice): Promise<ChosenAgent> {
  if (args.agent !== undefined) {
    const agent = await loadAgent(args.agent)
    return { agent, modelId: agent.name, note: undefined, close: async () => {} }
  }
  const { model, note, close } = await chooseModel({ args, env, offlineWithoutKey: command === 'demo' })
  const { limits, instructions } = args
  const agent = new Agent({ name: command, model, tools: await stockTools(args), limits, ...(instructions !== undefined && { instructions }) })
  return { agent, modelId: model.id, note, close }
}

/**
 * Loads an agent of the user's own.
 *
 * @param place - `./file.js#name`: a module and the name of its export, `agent` by default.
 * @throws {UsageError} When there is no such module, or its export is no agent.
 */
export async function loadAgent(place: string): Promise<Agent> {
  const [, file = place, name = 'agent'] = /^(.*?)(?:#([^#]*))?$/.exec(place) ?? []
  const exported = (await importModule(file))[name]
  // It may come from another copy of the package, so that `instanceof` would say no.
  if (isAgent(exported)) return exported
  throw new UsageError(`--agent ${place}: the module has no agent exported as '${name}'. Write: export const ${name} = new Agent({ … })`)
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

/** The tools that `run`, `demo` and `chat` offer, without the groups that were switched off. */
async function stockTools({ tools, root }: RunArguments): Promise<readonly Tool[]> {
  const groups = await Promise.all([
    tools.calculator ? import('@capstan/tools/calculator').then(({ calculator }) => [calculator]) : [],
    tools.dates ? import('@capstan/tools/dates').then(({ dates }) => dates) : [],
    tools.files ? import('@capstan/tools/files').then(({ files }) => files({ root })) : [],
  ])
  return groups.flat()
}
