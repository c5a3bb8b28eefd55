import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { fileJournal } from '@capstan/durable'
import { startLocalServer } from '@capstan/restate/local-server'
import { type Simulator, startSimulator } from '@capstan/simulator'
import { installRestate, postgresFolder, startPostgres } from '@capstan/test-kit'
import { expect, test, vi } from 'vitest'
import { outline, readModel } from './testing/model-of.ts'
import { eventsOf, exchangesOf, newFolder, testKey, textIn, tracesIn } from './testing/traces.ts'
import type { RunModel } from './viewer/model/run-model.ts'
import { isEventOfRun } from './viewer/parse-line.ts'
import { JournalSource } from './viewer/source/journal-source.ts'
import { TraceSource } from './viewer/source/trace-source.ts'

// Each test starts several processes, and a server.
vi.setConfig({ testTimeout: 60_000 })

const worker = fileURLToPath(new URL('testing/resumed-worker.mjs', import.meta.url))
const script = [
  { text: 'One.', toolCalls: [{ name: 'look', input: { q: 0 } }] },
  { text: 'Two.', toolCalls: [{ name: 'look', input: { q: 1 } }] },
  { toolCalls: [{ name: 'pay', input: {} }] },
  { text: 'Done.' },
]

interface Order {
  readonly host: 'journal' | 'dbos' | 'restate'
  /** A folder, or the URL of a database. */
  readonly place?: string
  readonly dies: boolean
  readonly port?: number
}

class Walk implements AsyncDisposable {
  readonly folder: string = newFolder()
  readonly #simulator: Simulator
  readonly #children: ChildProcess[] = []

  static async begin(): Promise<Walk> {
    return new Walk(await startSimulator({ script }))
  }

  constructor(simulator: Simulator) {
    this.#simulator = simulator
  }

  start(order: Order): ChildProcess {
    const child = spawn(process.execPath, ['--import', '@capstan/trace/register', worker, JSON.stringify(order)], {
      // Where packages are looked up.
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, CAPSTAN_TRACE: this.folder, BASE_URL: this.#simulator.baseURL, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#children.push(child)
    return child
  }

  async run(order: Order): Promise<unknown> {
    const [code, signal] = await once(this.start(order), 'close')
    return signal ?? code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await this.#simulator.close()
  }
}

/** Checks the two files that the two processes of a walk have left, and what the viewer makes of them. */
async function expectOneRun(folder: string, rows: readonly string[], counts: (row: string) => boolean = () => true): Promise<void> {
  const files = await tracesIn(folder)
  expect(files.length).toBeGreaterThan(1)
  // No request is recorded twice, and each is with its step.
  expect(files.flatMap((lines) => exchangesOf(lines).map(({ step, attempt }) => [step, attempt]))).toEqual([1, 2, 3, 4].map((step) => [step, 1]))
  const events = files.flatMap(eventsOf)
  expect(events.every(isEventOfRun)).toBe(true)
  const own = events.filter((event) => !('replayed' in event && event.replayed === true))
  expect(own.flatMap((event) => (event.type === 'tool-end' ? [`${event.toolName} ${event.text}`] : []))).toEqual(['look seen 0', 'look seen 1', 'pay paid'])
  expect(textIn(folder)).not.toContain(testKey)

  const source = TraceSource.ofFolder(folder)
  const { runs } = await source.list()
  expect(runs).toMatchObject([{ runId: 'r1', agent: 'walker', status: 'finished' }])
  const model = await readModel(source, runs[0]?.id ?? '')
  expect(outlineOf(model).filter(counts)).toEqual(rows)
  const requests = model.rows.filter(({ kind }) => kind === 'request')
  expect(requests.map(({ step, exchange }) => [step, exchange?.step])).toEqual([1, 2, 3, 4].map((step) => [step, step]))
  for (const { from, to, parent } of model.rows.filter(({ kind }) => kind !== 'run')) {
    expect([from, to].every(Number.isFinite)).toBe(true)
    expect((from ?? 0) >= (parent?.from ?? 0) && (to ?? 0) <= (parent?.to ?? 0)).toBe(true)
  }
}

/** The rows as text, without the port of the provider. */
function outlineOf({ roots }: RunModel): readonly string[] {
  return outline(roots).map((row) => row.replace(/127\.0\.0\.1:\d+\//, ''))
}

const gap = '  wait no process ok'
const request = 'request deepseek-chat ok'
/** An engine keeps the run while it waits, so it has no pause. */
const answered = ['    person waits for a person ok']
const walked = (...gaps: readonly (readonly string[])[]): readonly string[] => [
  'run walker ok',
  '  step step 1 ok',
  `    ${request}`,
  '    tool look ok',
  '  step step 2 ok',
  `    ${request}`,
  '    tool look cut',
  '    tool look ok',
  ...(gaps[0] ?? []),
  '  step step 3 ok',
  `    ${request}`,
  ...(gaps[2] ?? []),
  '    tool pay ok',
  ...(gaps[1] ?? []),
  '  step step 4 ok',
  `    ${request}`,
]

test('a run with a journal whose process is killed, and that another one finishes, is one run in its traces, and in its journal', async () => {
  await using walk = await Walk.begin()
  const place = newFolder()
  expect(await walk.run({ host: 'journal', place, dies: true })).toBe('SIGKILL')
  expect(await walk.run({ host: 'journal', place, dies: false })).toBe(0)
  await expectOneRun(walk.folder, walked([gap], ['  person waits for a person ok']))

  const source = new JournalSource(fileJournal(place))
  const { runs } = await source.list()
  expect(runs).toMatchObject([{ runId: 'r1', source: 'journal', status: 'finished' }])
  expect(outlineOf(await readModel(source, runs[0]?.id ?? ''))).toEqual([
    'run walker ok',
    '  step step 1 ok',
    `    ${request}`,
    '    tool look ok',
    '  step step 2 ok',
    `    ${request}`,
    '    tool look ok',
    '  step step 3 ok',
    `    ${request}`,
    '    person waits for a person ok',
    '    tool pay ok',
    '  step step 4 ok',
    `    ${request}`,
  ])
})

const restate = installRestate()

test.skipIf('reason' in restate)('a run on Restate whose worker is killed, and whose wait is suspended, is one run in its traces', async () => {
  if ('reason' in restate) return
  await using walk = await Walk.begin()
  await using server = await startLocalServer(restate)
  const first = walk.start({ host: 'restate', dies: true })
  const portOf = async ({ stdout }: ChildProcess): Promise<number> => Number(String((await once(stdout ?? process.stdin, 'data'))[0]))
  const port = await portOf(first)
  await server.register(`http://127.0.0.1:${port}`)
  const call = async (path: string, body?: object): Promise<unknown> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) }
    return await (await fetch(`${server.ingressUrl}/walker/r1/${path}`, init)).json()
  }
  const result = call('run', { input: 'go' })
  await once(first, 'close')
  await portOf(walk.start({ host: 'restate', dies: false, port }))
  const asked = async (): Promise<string> => ((await call('pending')) as readonly { readonly id: string }[])[0]?.id ?? expect.unreachable('nothing was asked')
  const id = await vi.waitFor(asked, { timeout: 20_000 })
  await vi.waitFor(async () => expect(await suspended(server.adminUrl)).toBe(true), { timeout: 20_000, interval: 100 })
  await call('decide', { [id]: { approve: true } })
  expect(await result).toMatchObject({ status: 'finished', text: 'Done.' })
  // On a busy machine the engine may suspend an execution in other places, too, so the gaps are not counted.
  await expectOneRun(walk.folder, walked([], [], answered), (row) => row !== gap)
})

/** True when the engine has ended the execution that waits for a person. */
async function suspended(adminUrl: string): Promise<boolean> {
  const query = `SELECT status FROM sys_invocation WHERE target_service_name = 'walker' AND target_handler_name = 'run'`
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const found = await fetch(`${adminUrl}/query`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  const { rows } = (await found.json()) as { readonly rows: readonly { readonly status: string }[] }
  return rows[0]?.status === 'suspended'
}

test.skipIf(postgresFolder() === undefined)('a run on DBOS whose process is killed, and that another one recovers, is one run in its traces', async () => {
  await using walk = await Walk.begin()
  const server = await startPostgres()
  try {
    const place = server.urlOf('walks')
    expect(await walk.run({ host: 'dbos', place, dies: true })).toBe('SIGKILL')
    expect(await walk.run({ host: 'dbos', place, dies: false })).toBe(0)
    await expectOneRun(walk.folder, walked([gap], [], answered))
  } finally {
    await server.stop()
  }
})
