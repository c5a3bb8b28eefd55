import { Agent, type Dispatcher } from 'undici'

export type { Dispatcher } from 'undici'

const agents = new Map<number, Agent>()

/**
 * Our own agent, shared by all models with the same connect clock: undici fixes that clock for each agent.
 * The global dispatcher is left alone. Idle sockets do not keep the process alive.
 */
export function sharedAgent(connectMs: number): Dispatcher {
  let agent = agents.get(connectMs)
  if (agent === undefined) {
    // Our clocks measure headers and body; undici's own would cut healthy pauses after 300 s. 0 means no limit.
    agent = new Agent({ connect: { timeout: Number.isFinite(connectMs) ? connectMs : 0 }, headersTimeout: 0, bodyTimeout: 0 })
    agents.set(connectMs, agent)
  }
  return agent
}
