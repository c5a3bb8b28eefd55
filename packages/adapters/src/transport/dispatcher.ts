/// <reference path="./undici-agent.d.ts" />
// undici's index also loads fetch, WebSocket, caches and mocks, and sets the global dispatcher. Its agent is a third of that.
import type { Dispatcher } from '@capstan/core'
import Agent from 'undici/lib/dispatcher/agent.js'

/** By the global `setImmediate` and the connect clock. */
const agents = new WeakMap<typeof setImmediate, Map<number, Dispatcher>>()

/**
 * Our own agent, shared by all models with the same connect clock: undici fixes that clock for each agent. The global dispatcher is
 * not used. Idle sockets do not keep the process alive.
 *
 * undici reuses a socket with the help of the global `setImmediate`. A fake one, as in tests, would leave requests waiting on the
 * sockets that are idle, so each `setImmediate` has an agent of its own.
 */
export function sharedAgent(connectMs: number): Dispatcher {
  let byClock = agents.get(setImmediate)
  if (byClock === undefined) {
    byClock = new Map()
    agents.set(setImmediate, byClock)
  }
  let agent = byClock.get(connectMs)
  if (agent === undefined) {
    agent = createAgent(connectMs)
    byClock.set(connectMs, agent)
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
 * Connections that were ever made to an origin. When none is made between the dispatch of a request and the moment it is sent, the
 * request goes over a connection that was idle, which the server may have closed by then.
 *
 * @returns `undefined` for a dispatcher that is not ours.
 */
export function connectionsTo(dispatcher: Dispatcher, origin: string): number | undefined {
  const made = connections.get(dispatcher)
  return made === undefined ? undefined : (made.get(origin) ?? 0)
}
