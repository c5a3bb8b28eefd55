import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { quantile } from '../statistics.ts'

const helpText = `npm run server-load -- [--streams <count>] [--rate <deltas>] [--seconds <time>] [--journal]

Opens many streams of one server on one core, and compares how late the deltas of the provider arrive with the same streams without the server.

  --streams <count>  streams at once (default: 500)
  --rate <deltas>    deltas of each stream in a second (default: 10)
  --seconds <time>   how long each stream is (default: 10)
  --journal          keeps the runs in files
  --help             this text
`

const folder = fileURLToPath(new URL('../../processes/server-load/', import.meta.url))
/** When the provider wrote a delta, in its text. */
const stamp = /t(\d{13}\.\d+);/g

/** A process, and where it listens. */
interface Started {
  readonly port: number
  /** Its memory in bytes and its CPU time in microseconds. */
  measure(): Promise<Measured>
  end(): void
}

interface Measured {
  readonly rss: number
  readonly heapUsed: number
  readonly cpu: { readonly user: number; readonly system: number }
}

interface Round {
  readonly latencies: readonly number[]
  readonly failures: number
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

async function main(args: readonly string[]): Promise<void> {
  const options = {
    streams: { type: 'string', default: '500' },
    rate: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '10' },
    journal: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const
  const { values } = parseArgs({ args: [...args], options })
  if (values.help) return console.log(helpText)
  const [streams, rate, seconds] = [Number(values.streams), Number(values.rate), Number(values.seconds)]
  const runs = values.journal ? mkdtempSync(join(tmpdir(), 'capstan-load-')) : ''
  const provider = await start('provider.mjs', [String(rate * seconds), String(1000 / rate)], 1)
  const server = await start('server.mjs', [`http://127.0.0.1:${provider.port}/v1`, String(streams), ...(runs ? [runs] : [])], 0)
  console.log(`${streams} streams, ${rate} deltas/s each, ${seconds} s${runs ? ', with a journal' : ''}; load ${loadavg()[0]?.toFixed(1)}`)
  try {
    const load = { provider, server, streams, deltas: rate * seconds }
    // The first round loads the code of the server, and what it has done by then is compiled.
    await readAll(server, { streams: 50, body: { input: 'go' }, path: '/runs' })
    await compareMemory(load)
    for (let round = 0; round < 3; round++) await compare(load)
  } finally {
    server.end()
    provider.end()
    if (runs) rmSync(runs, { recursive: true, force: true })
  }
}

interface Load {
  readonly provider: Started
  readonly server: Started
  readonly streams: number
  readonly deltas: number
}

async function compare({ provider, server, streams, deltas }: Load): Promise<void> {
  const bare = await readAll(provider, { streams, path: '/v1/chat/completions', body: { stream: true, messages: [] } })
  const before = await server.measure()
  const served = await readAll(server, { streams, path: '/runs', body: { input: 'go' } })
  const after = await server.measure()
  const cpuMs = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1000
  const text = ({ latencies }: Round): string => [0.5, 0.99].map((share) => quantile(latencies, share).toFixed(1)).join(' / ')
  const added = quantile(served.latencies, 0.99) - quantile(bare.latencies, 0.99)
  console.log(
    `p50 / p99 in ms: provider ${text(bare)}, server ${text(served)}, added p99 ${added.toFixed(1)}; ` +
      `${((1000 * cpuMs) / streams / deltas).toFixed(0)} µs of CPU a delta; ${bare.failures + served.failures} failed; load ${loadavg()[0]?.toFixed(1)}`,
  )
}

/** Measured apart: to count what is in use, the server collects garbage, and that stops its streams. */
async function compareMemory({ server, streams }: Load): Promise<void> {
  const before = await server.measure()
  const reading = readAll(server, { streams, path: '/runs', body: { input: 'go' } })
  await wait(streams * 5 + 2_000)
  const during = await server.measure()
  await reading
  const kilobytes = (name: 'rss' | 'heapUsed'): string => ((during[name] - before[name]) / streams / 1000).toFixed(0)
  console.log(`${kilobytes('rss')} kB resident and ${kilobytes('heapUsed')} kB of heap for each stream that is open`)
}

/** Starts a process on one core, where the machine has several and can say so. */
async function start(file: string, args: readonly string[], core: number): Promise<Started> {
  const isPinned = process.platform === 'linux' && availableParallelism() > 1
  const pinned = { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, '--expose-gc'] }
  const child = fork(folder + file, [...args], isPinned ? pinned : { execArgv: ['--expose-gc'] })
  // Each process sends its address first, and then only what it is asked for.
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const measure = async (): Promise<Measured> => {
    const answer = once(child, 'message')
    child.send('measure')
    return ((await answer) as [Measured])[0]
  }
  return { port, measure, end: () => void child.disconnect() }
}

async function readAll({ port }: Pick<Started, 'port'>, { streams, path, body }: { streams: number; path: string; body: object }): Promise<Round> {
  const latencies: number[] = []
  const statuses: Promise<number>[] = []
  for (let count = 0; count < streams; count++) {
    statuses.push(readOne({ port, path, body: JSON.stringify(body) }, (latency) => latencies.push(latency)))
    // Users do not all come in one moment.
    if (count % 10 === 9) await wait(50)
  }
  const failures = (await Promise.all(statuses)).filter((status) => status !== 200).length
  return { latencies, failures }
}

function readOne({ port, path, body }: { port: number; path: string; body: string }, note: (latency: number) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
    const sent = request({ port, host: '127.0.0.1', method: 'POST', path, headers, agent: false }, (response) => {
      let rest = ''
      let isComplete = false
      response.setEncoding('latin1').on('data', (chunk: string) => {
        const at = performance.timeOrigin + performance.now()
        if (isComplete) return
        // The complete message repeats what its deltas said.
        const [text = '', end] = (rest + chunk).split('event: message-end')
        isComplete = end !== undefined
        let last = 0
        for (const found of text.matchAll(stamp)) {
          note(at - Number(found[1]))
          last = found.index + found[0].length
        }
        rest = text.slice(Math.max(last, text.length - 30))
      })
      response.on('end', () => resolve(response.statusCode ?? 0)).on('error', reject)
    })
    sent.on('error', reject).end(body)
  })
}
