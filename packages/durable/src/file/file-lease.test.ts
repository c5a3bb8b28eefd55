import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AgentError, type OpenRun, type RunHead } from '@capstan/core'
import { expect, test } from 'vitest'
import type { JournalOptions } from '../journal.ts'
import { identifyProcess, type ProcessIdentity } from '../process-identity.ts'
import { newFolder } from '../testing/stores.ts'
import { fileJournal } from './file-journal.ts'
import { LogFile } from './log-file.ts'

const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }
const question = { type: 'question', id: 'q', about: 1 } as const

/** A run without an owner. */
async function freeRun() {
  const folder = newFolder()
  const open = (options?: JournalOptions): Promise<OpenRun> => fileJournal(folder, options).open('r', head)
  await (await open()).close()
  const file = (name: string): string => join(folder, 'r', name)
  /** Makes a process the owner, with a lease that was last renewed this long ago. */
  const own = async (other: Partial<ProcessIdentity> & { readonly leaseMs?: number | undefined }, agoMs = 0): Promise<void> => {
    writeFileSync(file('owner.9'), JSON.stringify({ ...(await identifyProcess()), leaseMs: 30_000, ...other }))
    const at = (Date.now() - agoMs) / 1_000
    utimesSync(file('owner.9'), at, at)
  }
  return { folder, file, open, own, read: async () => (await fileJournal(folder).read('r')).records }
}

async function refusalOf(opening: Promise<OpenRun>): Promise<string> {
  const error = await opening.then(() => undefined).catch((thrown: unknown) => thrown)
  if (!AgentError.is(error) || error.code !== 'run-locked') throw new Error('The run is not locked.', { cause: error })
  return error.message
}

/** The id of a run that could be opened. */
async function takeAndClose(opening: Promise<OpenRun>): Promise<string> {
  const run = await opening
  await run.close()
  return run.head.runId
}

/** The pid of a process that was started by this test and has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid
}

const others: [string, Partial<ProcessIdentity>][] = [
  ['on another machine', { host: 'elsewhere', machine: 'another', boot: 'another', pid: 1 }],
  ['in another container', { pidNamespace: 'pid:[1]', pid: 4_000_000 }],
  ['on a machine with the same id that was started at another time', { boot: 'another', pid: 4_000_000 }],
  ['on a system that tells nothing', { machine: null, boot: null, pidNamespace: null, startTime: null, pid: 4_000_000 }],
]

test('a run is taken at once from an owner that is certainly gone', async () => {
  const { own, open, folder } = await freeRun()
  await own({ pid: deadPid() })
  await (await open()).close()
  // The file with the highest number remains, and is empty because the run was released.
  expect(readdirSync(join(folder, 'r')).filter((name) => name.startsWith('owner.'))).toEqual(['owner.10'])
})

test.each(others)('a run is not taken from an owner %s before its lease ends', async (_, other) => {
  const { own, open } = await freeRun()
  await own(other, 25_000)
  expect(await refusalOf(open())).toMatch(/Its lease ends in [4-6] s/)
})

test.each(others)('a run is taken from an owner %s once its lease has ended', async (_, other) => {
  const { own, open } = await freeRun()
  await own(other, 31_000)
  expect(await takeAndClose(open())).toBe('r')
})

test.each(others)('a person can take a run by force from an owner %s', async (_, other) => {
  const { own, open } = await freeRun()
  await own(other)
  expect(await takeAndClose(open({ force: true }))).toBe('r')
  expect(await takeAndClose(open())).toBe('r')
})

test('an owner of release 0.1.0 has no lease', async () => {
  const { own, open } = await freeRun()
  await own({ pidNamespace: 'pid:[1]', leaseMs: undefined }, 3_600_000)
  expect(await refusalOf(open())).toContain('force')
})

test('a process that has the pid of an earlier owner is not the owner', async ({ skip }) => {
  const { own, open } = await freeRun()
  if ((await identifyProcess()).startTime === null) skip('this system does not tell when a process started')
  await own({ startTime: '1' })
  expect(await takeAndClose(open())).toBe('r')
})

test.each(['{"host"', 'null'])('an owner file that cannot be read locks the run: %s', async (text) => {
  const { file, open } = await freeRun()
  writeFileSync(file('owner.9'), text)
  expect(await refusalOf(open())).toContain('owner.9')
})

test('an owner renews its lease only while it is alive', async () => {
  const { open, file } = await freeRun()
  const run = await open({ leaseMs: 30 })
  utimesSync(file('owner.2'), 0, 0)
  await expect.poll(() => statSync(file('owner.2')).mtimeMs).toBeGreaterThan(1_000)
  await run.close()
  const { mtimeMs } = statSync(file('owner.2'))
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect([statSync(file('owner.2')).mtimeMs, readFileSync(file('owner.2'), 'utf8')]).toEqual([mtimeMs, ''])
})

test('an owner whose run was taken by force can no longer write it', async () => {
  const { open, read } = await freeRun()
  const old = await open()
  const next = await open({ force: true })
  await expect(old.append([question], true)).rejects.toMatchObject({ code: 'run-locked' })
  await next.append([{ ...question, id: 'p' }], true)
  await Promise.all([old.close(), next.close()])
  expect(await read()).toMatchObject([{ id: 'p' }])
})

test('what an owner writes after its lease ended does not reach the log, even if it was about to write when the run was taken', async () => {
  const { open, own, read, file } = await freeRun()
  const late = new LogFile(file('log.jsonl'))
  late.write(`${JSON.stringify({ ...question, id: 'before' })}\n`)
  await own({ pidNamespace: 'pid:[1]' }, 31_000)
  const next = await open()
  late.write(`${JSON.stringify({ ...question, id: 'late' })}\n`)
  await next.append([{ ...question, id: 'next' }], true)
  await Promise.all([late.close(), next.close()])
  expect((await read()).map(({ id }) => id)).toEqual(['before', 'next'])
})

test('what an owner wrote does not count when the run was taken before its write was complete', async () => {
  const { open, file } = await freeRun()
  const run = await open()
  const { size } = statSync(file('log.jsonl'))
  const appended = run.append([question], true)
  // Only microtasks run here, so the disk has not confirmed the line yet.
  while (statSync(file('log.jsonl')).size === size) await Promise.resolve()
  // What the next owner does before it reads the log.
  rmSync(file('owner.2'))
  await expect(appended).rejects.toMatchObject({ code: 'run-locked' })
  await run.close()
})

test('if many processes open the run at once, only one gets it', async () => {
  const folder = newFolder()
  const opened = await Promise.allSettled(Array.from({ length: 30 }, () => fileJournal(folder).open('r', head)))
  const open = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(open).toHaveLength(1)
  await open[0]?.close()
})

test('an owner file does not contain the id of the machine', async () => {
  const { machine } = await identifyProcess()
  if (machine !== null) expect(machine).toMatch(/^[0-9a-f]{16}$/)
})

const dist = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0

/** A process in a new pid namespace, as in a container, that owns the run until it is killed. */
async function ownInContainer(folder: string, leaseMs: number): Promise<ChildProcess> {
  const code = `
    const { fileJournal } = await import(${JSON.stringify(dist)})
    const run = await fileJournal(${JSON.stringify(folder)}, { leaseMs: ${leaseMs} }).open('r')
    await run.append([{ type: 'question', id: 'inside', about: process.pid }], true)
    console.log('owned')
    setInterval(() => {}, 1_000)
  `
  const args = ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, '--input-type=module', '-e', code]
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

test.runIf(canUnshare)('a run of a container is locked while the container lives, and can be taken when its lease ends afterwards', async () => {
  const { folder, open } = await freeRun()
  const container = await ownInContainer(folder, 600)
  await new Promise((resolve) => setTimeout(resolve, 900))
  expect(await refusalOf(open())).toContain('owns it')
  container.kill('SIGKILL')
  await once(container, 'exit')
  await expect.poll(async () => await open().then((run) => run.records.length), { timeout: 5_000 }).toBe(1)
})

test('a log that ends in an incomplete line is continued with a complete line', async () => {
  const { open, own, read, file } = await freeRun()
  appendFileSync(file('log.jsonl'), '{"type":"quest')
  await own({ pidNamespace: 'pid:[1]' }, 31_000)
  const next = await open()
  await next.append([question], true)
  await next.close()
  expect(await read()).toEqual([question])
})
