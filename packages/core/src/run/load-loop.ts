import type { Tool } from '../contract/tool.ts'
import type { Engine } from '../durability/hosts/engine.ts'
import type { HostOptions, RunHost } from '../durability/hosts/run-host.ts'
import type { LoopRun, RunAgents } from '../loop/loop-run.ts'

/** The loop, and what goes with it. */
export type LoopParts = typeof import('../loop/run-loop-parts.ts')

/** The loop of one run. */
export interface StartedLoop {
  readonly parts: LoopParts
  readonly loop: LoopRun
}

let loop: LoopParts | undefined
let agents: RunAgents | undefined

/** The loop, once it is loaded. Importing the package does not read it: the first run does. */
export function loadedLoop(): LoopParts | undefined {
  return loop
}

/** Loads the loop with the first run of the process. */
export async function loadLoop(): Promise<LoopParts> {
  loop ??= await import('../loop/run-loop-parts.ts')
  return loop
}

type MakeHost = (options: HostOptions, engine: Engine) => RunHost

let makeHost: MakeHost | undefined

/** What makes the hosts of engines, once it is loaded. */
export function loadedHost(): MakeHost | undefined {
  return makeHost
}

/** Loads the host of engines with the first run on one. */
export async function loadHost(): Promise<MakeHost> {
  const { EngineHost } = await import('../durability/hosts/engine-host.ts')
  makeHost ??= (options, engine) => new EngineHost(options, engine)
  return makeHost
}

/** Loads what runs the agents behind tools, with the first run that has such a tool; `undefined` when there is nothing to load. */
export function loadAgents(tools: ReadonlyMap<string, Tool<never>>): Promise<void> | undefined {
  if (agents !== undefined || ![...tools.values()].some(({ child }) => child !== undefined)) return undefined
  return import('../loop/children/run-agents.ts').then((module) => {
    agents = module.runAgents
  })
}

/** Runs agents, once that is loaded. */
export const runAgents: RunAgents = (run: LoopRun, delegated) => {
  if (agents === undefined) throw new RangeError('No tool of the run has an agent behind it.')
  return agents(run, delegated)
}
