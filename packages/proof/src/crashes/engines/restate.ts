import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type LocalServer, startLocalServer } from '@capstan/restate/local-server'
import { installRestate, type Witness } from '@capstan/test-kit'
import type { RunReport } from '../crash.ts'
import { pointOf } from '../points.ts'
import { withRun } from '../processes.ts'
import { recordedSteps } from './dying.ts'
import type { CrashEngine } from './engine.ts'
import { restateCases } from './restate-cases.ts'
import { Crew, type RestateCrash, type RunningRestate, type WorkerSetting } from './restate-crew.ts'

/** Restate: a server, and workers that die. */
export const restate: CrashEngine<RunningRestate> = {
  unavailable() {
    const installed = installRestate()
    return 'reason' in installed ? installed.reason : undefined
  },
  async start() {
    const server = await startServer()
    return { runToEnd: (crash: RestateCrash) => runToEnd(server, crash), stop: async () => await server[Symbol.asyncDispose](), startServer, freePort }
  },
  withinMs: 350,
  // The server was killed during a write, which may be on the disk or not.
  differs({ name, effect }, seen) {
    if (!name.startsWith('P15')) return {}
    return effect === 'once' ? { unknown: Math.min(seen.unknown, 1) } : { effects: Math.max(1, Math.min(seen.effects, 2)) }
  },
  cases: restateCases,
}

function startServer(): Promise<LocalServer> {
  const installed = installRestate()
  if ('reason' in installed) throw new Error(installed.reason)
  return startLocalServer(installed)
}

let names = 0

async function runToEnd(
  shared: LocalServer,
  {
    effect,
    plan = [],
    slow = false,
    team = false,
    overflow = false,
    changes = false,
    vanishes = false,
    tainted = false,
    worker = {},
    server: given,
    during,
  }: RestateCrash,
): Promise<RunReport> {
  return await withRun({ store: 'file', effect }, async ({ path, witness, runId }, outside: Witness) => {
    const own = plan.some(({ point }) => pointOf(point).torn !== undefined) ? await startServer() : undefined
    const files = { steps: `${path}-steps`, held: `${path}-held` }
    const setting: WorkerSetting = {
      effect,
      witness,
      runId,
      ...files,
      name: `crash-${++names}`,
      port: await freePort(),
      slow,
      changes,
      vanishes,
      tainted,
      ...(team && { team: {} }),
      ...(overflow && { overflow: {} }),
      ...worker,
    }
    const crew = new Crew(own ?? given ?? shared, setting, plan)
    try {
      await crew.start()
      const [result] = await Promise.all([crew.drive(outside), during?.(crew)])
      return { kills: crew.kills, unknown: crew.unknown, result, outside: outside.read(), records: recordedSteps(files.steps) }
    } finally {
      await crew.stop()
      await own?.[Symbol.asyncDispose]()
    }
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // A TCP server that listens has a port.
  server.close()
  return port
}
