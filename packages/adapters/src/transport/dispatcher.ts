/// <reference path="./undici-agent.d.ts" />
// undici's index loads fetch, WebSocket, caches and mocks, too, and takes the global dispatcher. Its agent alone is a third of that.
import Agent from 'undici/lib/dispatcher/agent.js'
import type { Dispatcher } from './dispatch.ts'

const agents = new Map<number, Dispatcher>()

/**
 * Our own agent, shared by all models with the same connect clock: undici fixes that clock for each agent.
 * The global dispatcher is left alone. Idle sockets do not keep the process alive.
 */
export function sharedAgent(connectMs: number): Dispatcher {
  let agent = agents.get(connectMs)
  if (agent === undefined) {
    agent = createAgent(connectMs)
    agents.set(connectMs, agent)
  }
  return agent
}

function createAgent(connectMs: number): Dispatcher {
  // Our clocks measure headers and body; undici's own would cut healthy pauses after 300 s. 0 means no limit.
  const agent = new Agent({ connect: { timeout: Number.isFinite(connectMs) ? connectMs : 0 }, headersTimeout: 0, bodyTimeout: 0 })
  const made = new Map<string, number>()
  connections.set(agent, made)
  agent.on('connect', ({ origin }) => made.set(origin, (made.get(origin) ?? 0) + 1))
  return agent
}

const connections = new WeakMap<Dispatcher, Map<string, number>>()

/**
 * Connections that were ever made to an origin: when there is no new one between the moment a request is given away and the moment
 * it is sent, it goes over one that was idle, which the server may have closed by then.
 *
 * @returns `undefined` for a dispatcher that is not ours.
 */
export function connectionsTo(dispatcher: Dispatcher, origin: string): number | undefined {
  const made = connections.get(dispatcher)
  return made === undefined ? undefined : (made.get(origin) ?? 0)
}
