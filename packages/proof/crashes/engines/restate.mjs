// Restate: a server, and workers that die.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { startLocalServer } from '@capstan/restate/local-server'
import { withRun } from '../harness.mjs'
import { points } from '../points.mjs'
import { recordedSteps } from './dying.mjs'
import { casesOn } from './restate-cases.mjs'
import { Crew } from './restate-crew.mjs'

const installer = fileURLToPath(new URL('../../../restate/server/install.mjs', import.meta.url))
let names = 0

/** @type {import('./index.mjs').CrashEngine} */
export const engine = {
  async unavailable() {
    const { status, stderr } = install()
    return status === 0 ? undefined : stderr.trim()
  },
  async start() {
    const server = await startServer()
    return {
      runToEnd: (crash) => runToEnd(server, crash),
      expected,
      withinMs: 350,
      cases: casesOn({ server, runToEnd, startServer, freePort }),
      stop: () => server[Symbol.asyncDispose](),
    }
  },
}

function install() {
  return spawnSync(process.execPath, [installer], { encoding: 'utf8' })
}

function startServer() {
  return startLocalServer({ binary: install().stdout.trim() })
}

/** A write that the server was killed in is there, or it is not. */
function expected({ name, effect }, seen) {
  if (!name.startsWith('P15')) return undefined
  if (effect === 'once') return { unknown: Math.min(seen.unknown, 1) }
  return { effects: Math.max(1, Math.min(seen.effects, 2)) }
}

/** @param {object} crash As in harness.mjs; `extra` goes to the workers, `during` is under way beside the run. */
async function runToEnd(shared, { effect, plan = [], slow = false, extra = {}, during = async () => {} }) {
  return await withRun({ store: 'restate', effect }, async (setting, outside) => {
    const own = plan.some(({ point }) => points[point]?.torn) ? await startServer() : undefined
    const server = own ?? shared
    const files = { steps: `${setting.path}-steps`, held: `${setting.path}-held` }
    const crew = new Crew({ ...setting, ...files, port: await freePort(), ...extra, slow, name: `crash-${++names}`, server }, plan)
    try {
      await crew.start()
      const seen = { unknown: 0 }
      const [result] = await Promise.all([crew.drive(outside, seen), during(crew, files)])
      return { ...seen, kills: crew.kills, result, outside: outside.read(), records: recordedSteps(files.steps) }
    } finally {
      await crew.stop()
      await own?.[Symbol.asyncDispose]()
    }
  })
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}
