// What no crash of one worker shows: two workers for one address, and a server that dies.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { observe } from '../matrix.mjs'
import { startWorker } from './restate-crew.mjs'

/** Long enough for a kill and whatever comes after it. */
const holdMs = 20_000

export function casesOn({ server, runToEnd, startServer, freePort }) {
  let undisturbed
  const hold = (place, ms = holdMs) => ({ holdAt: place, holdMs: ms })
  return [
    ['two workers, the one at work killed, idempotent', () => twoWorkers('idempotent', { effects: 2, unknown: 0 })],
    ['two workers, the one at work killed, once', () => twoWorkers('once', { effects: 1, unknown: 1 })],
    ['server killed, a tool under way', () => killed('once', { extra: hold('tool work', 2_000), expected: { effects: 1, unknown: 0 } })],
    ['server killed, the tool ends meanwhile', () => killed('once', { extra: hold('after work', 100), expected: { effects: 1, unknown: 0 } })],
    ['server and worker killed, idempotent', () => killed('idempotent', { extra: hold('after work'), expected: { effects: 2, unknown: 0 }, worker: true })],
    ['server and worker killed, once', () => killed('once', { extra: hold('after work'), expected: { effects: 1, unknown: 1 }, worker: true })],
  ]

  /** Two workers serve one address, as behind a load balancer. */
  async function twoWorkers(effect, expected) {
    const ports = [await freePort(), await freePort()]
    const balancer = await startBalancer(ports)
    const extra = { ...hold('after work'), port: ports[0], address: balancer.url }
    const during = async (crew, { held }) => {
      const second = startWorker({ ...crew.setting, port: ports[1] })
      try {
        const atWork = await readWhenThere(held)
        balancer.only(atWork === crew.child.pid ? ports[1] : ports[0])
        process.kill(atWork, 'SIGKILL')
        await crew.ended
      } finally {
        second.kill('SIGKILL')
      }
    }
    try {
      return await judge({ effect, extra, during }, expected)
    } finally {
      balancer.close()
    }
  }

  /** The server dies while a tool is held, alone or with the worker, and comes back with what it wrote. */
  async function killed(effect, { extra, expected, worker = false }) {
    const own = await startServer()
    const during = async (crew, { held }) => {
      await readWhenThere(held)
      await own.kill()
      if (worker) await crew.kill()
      await own.restart()
    }
    try {
      return await judge({ effect, extra, during, server: own }, expected)
    } finally {
      await own[Symbol.asyncDispose]()
    }
  }

  async function judge(crash, expected) {
    undisturbed ??= (await runToEnd(server, { effect: 'once' })).result
    const seen = observe(await runToEnd(crash.server ?? server, crash), undisturbed)
    const all = { ...expected, keys: 1, payments: 1, models: 3, repeatedRecords: 0, isSame: true }
    const wrong = Object.entries(all).filter(([name, value]) => seen[name] !== value)
    if (wrong.length > 0) throw new Error(`expected ${JSON.stringify(Object.fromEntries(wrong))}, saw ${JSON.stringify(seen)}`)
    return `effects ${seen.effects}, payments 1, unknown ${seen.unknown}, same result`
  }
}

/** Hands each connection to one of the ports that listens. */
async function startBalancer(ports) {
  let open = [...ports]
  let next = 0
  const server = createServer((socket) => {
    const port = open[next++ % open.length]
    const target = connect(port, '127.0.0.1')
    const end = () => {
      socket.destroy()
      target.destroy()
    }
    for (const side of [socket, target]) side.on('error', end).on('close', end)
    socket.pipe(target).pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    only: (port) => {
      open = [port]
    },
    close: () => server.close(),
  }
}

async function readWhenThere(path) {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      return Number(readFileSync(path, 'utf8'))
    } catch {
      await sleep(20)
    }
  }
  throw new Error('No worker came to the place where it is held.')
}
