import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ToolEffect } from '@capstan/core'
import type { Seen } from '../matrix.ts'
import { killOverflow, overflowCases } from '../overflow-case.ts'
import { killTainted, taintedRun } from '../tainted-case.ts'
import { killTeam, teamCases } from '../team-case.ts'
import { searchThenVanish, vanishedTool } from '../vanished-case.ts'
import { type EngineCase, judge } from './engine.ts'
import { type Crew, type RunningRestate, startWorker } from './restate-crew.ts'

type Expected = Pick<Seen, 'effects' | 'unknown'>

/** Long enough for a kill and for what follows it. */
const holdMs = 20_000
const repeated = { effects: 2, unknown: 0 }
const asked = { effects: 1, unknown: 1 }
const done = { effects: 1, unknown: 0 }

/** Two workers for one address, and a server that dies. */
export const restateCases: readonly EngineCase<RunningRestate>[] = [
  ...teamCases.map(({ name, ...kills }): EngineCase<RunningRestate> => ({ name, run: ({ runToEnd }) => killTeam(runToEnd, { ...kills, pauses: false }) })),
  ...overflowCases.map(({ name, which }): EngineCase<RunningRestate> => ({ name, run: ({ runToEnd }) => killOverflow(runToEnd, { which, stride: 3 }) })),
  { name: taintedRun, run: ({ runToEnd }) => killTainted(runToEnd, { pauses: false }) },
  { name: vanishedTool, run: ({ runToEnd }) => searchThenVanish(runToEnd) },
  { name: 'two workers, the one at work killed, idempotent', run: (engine) => twoWorkers(engine, 'idempotent', repeated) },
  { name: 'two workers, the one at work killed, once', run: (engine) => twoWorkers(engine, 'once', asked) },
  { name: 'server killed, a tool under way', run: (engine) => serverKilled(engine, { effect: 'once', holdAt: 'tool work', holdMs: 2_000, expected: done }) },
  {
    name: 'server killed, the tool ends meanwhile',
    run: (engine) => serverKilled(engine, { effect: 'once', holdAt: 'after work', holdMs: 100, expected: done }),
  },
  { name: 'server and worker killed, idempotent', run: (engine) => serverKilled(engine, { effect: 'idempotent', withWorker: true, expected: repeated }) },
  { name: 'server and worker killed, once', run: (engine) => serverKilled(engine, { effect: 'once', withWorker: true, expected: asked }) },
]

/** Two workers serve one address, as behind a load balancer. */
async function twoWorkers({ runToEnd, freePort }: RunningRestate, effect: ToolEffect, expected: Expected): Promise<string> {
  const [port, otherPort] = [await freePort(), await freePort()]
  const balancer = await startBalancer([port, otherPort])
  const during = async (crew: Crew): Promise<void> => {
    const second = startWorker({ ...crew.setting, port: otherPort })
    try {
      const atWork = await readWhenThere(crew.setting.held)
      balancer.only(atWork === crew.child?.pid ? otherPort : port)
      process.kill(atWork, 'SIGKILL')
      await crew.ended
    } finally {
      second.kill('SIGKILL')
    }
  }
  try {
    return await judge(runToEnd, { effect, worker: { holdAt: 'after work', holdMs, port, address: balancer.url }, during }, expected)
  } finally {
    balancer.close()
  }
}

interface ServerKill {
  readonly effect: ToolEffect
  readonly holdAt?: string
  readonly holdMs?: number
  /** True when the worker dies too. */
  readonly withWorker?: boolean
  readonly expected: Expected
}

/** The server dies while a tool is held, with or without the worker, and comes back with what it wrote. */
async function serverKilled({ runToEnd, startServer }: RunningRestate, { effect, expected, withWorker = false, ...hold }: ServerKill): Promise<string> {
  const server = await startServer()
  const during = async (crew: Crew): Promise<void> => {
    await readWhenThere(crew.setting.held)
    await server.kill()
    if (withWorker) await crew.kill()
    await server.restart()
  }
  try {
    return await judge(runToEnd, { effect, worker: { holdAt: 'after work', holdMs, ...hold }, during, server }, expected)
  } finally {
    await server[Symbol.asyncDispose]()
  }
}

interface Balancer {
  readonly url: string
  /** Sends all connections from now on to this port. */
  only(port: number): void
  close(): void
}

/** Hands each connection to one of the ports, in turn. */
async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  let targets = ports
  let next = 0
  const server = createServer((socket) => {
    const target = connect(targets[next++ % targets.length] ?? 0, '127.0.0.1')
    const end = (): void => {
      socket.destroy()
      target.destroy()
    }
    for (const side of [socket, target]) side.on('error', end).on('close', end)
    socket.pipe(target).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // A TCP server that listens has a port.
  return {
    url: `http://127.0.0.1:${port}`,
    only: (target) => {
      targets = [target]
    },
    close: () => server.close(),
  }
}

async function readWhenThere(path: string): Promise<number> {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      return Number(readFileSync(path, 'utf8'))
    } catch {
      await sleep(20)
    }
  }
  throw new Error('No worker came to the position at which it is held.')
}
