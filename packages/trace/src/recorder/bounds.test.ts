import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, type RunEvent, type Tracer } from '@capstan/core'
import { expect, test, vi } from 'vitest'
import { readTrace } from '../format/read-trace.ts'
import { replyStream, sendStream, startProvider } from '../testing/provider.ts'
import { bodyOf, eventsOf, exchangesOf, modelAt, newFolder, traceIn, tracesIn } from '../testing/traces.ts'
import { traceTo, traceToFile } from './trace-to.ts'

// Real servers take seconds where many tests run at once.
vi.setConfig({ testTimeout: 30_000 })

const long = 'x'.repeat(5_000)

function agentAt(baseURL: string, trace: Tracer): Agent {
  return new Agent({ model: modelAt(baseURL), trace })
}

async function answering(text: string): ReturnType<typeof startProvider> {
  return await startProvider((response) => sendStream(response, [replyStream({ texts: [text] })]))
}

test('a run that is too long for a file has several, each of which can be read without the others', async () => {
  await using provider = await answering(long)
  const folder = newFolder()
  await agentAt(provider.baseURL, traceTo(folder, { maxFileBytes: 8_000 })).generate('go', { runId: 'r' })
  const names = readdirSync(folder).sort()
  expect(names.length).toBeGreaterThan(1)
  expect(names.every((name) => /-r(?:\.\d+)?\.trace\.jsonl$/.test(name))).toBe(true)
  const files = await Promise.all(names.map((name) => readTrace(join(folder, name))))
  expect(files.flatMap(({ problems }) => problems)).toEqual([])
  const headers = files.map(({ lines }) => lines[0])
  expect(headers.every((line) => line?.type === 'trace' && line.runId === 'r')).toBe(true)
  expect(headers.flatMap((line) => (line?.type === 'trace' && line.part !== undefined ? [line.part] : [])).sort()).toEqual(
    names.slice(1).map((_, index) => index + 2),
  )
  expect(files.flatMap(({ lines }) => eventsOf(lines)).some(({ type }) => type === 'run-end')).toBe(true)
})

test('the oldest files of a folder are deleted, and nothing else that is in it', async () => {
  await using provider = await answering('ok')
  const folder = newFolder()
  for (const name of ['20200101T000000.000Z-old.trace.jsonl', '20200102T000000.000Z-old.trace.jsonl', 'notes.txt', 'x.tape.jsonl']) {
    writeFileSync(join(folder, name), '')
    utimesSync(join(folder, name), 1_577_836_800, 1_577_836_800)
  }
  const agent = agentAt(provider.baseURL, traceTo(folder, { maxFiles: 3 }))
  for (const runId of ['a', 'b', 'c', 'd']) await agent.generate('go', { runId })
  const names = readdirSync(folder)
  expect(names).toEqual(expect.arrayContaining(['notes.txt', 'x.tape.jsonl']))
  expect(names.filter((name) => name.endsWith('.trace.jsonl')).map((name) => name.split('-')[1])).toEqual(['b', 'c', 'd'].map((id) => `${id}.trace.jsonl`))
})

test('a file that another process still writes is not deleted, while there are others', async () => {
  await using provider = await answering('ok')
  const folder = newFolder()
  const long = '20200101T000000.000Z-long.trace.jsonl'
  for (const name of [long, '20200102T000000.000Z-a.trace.jsonl', '20200103T000000.000Z-b.trace.jsonl']) {
    writeFileSync(join(folder, name), '')
    if (name !== long) utimesSync(join(folder, name), 1_577_836_800, 1_577_836_800)
  }
  const agent = agentAt(provider.baseURL, traceTo(folder, { maxFiles: 3 }))
  for (const runId of ['c', 'd', 'e']) await agent.generate('go', { runId })
  expect(readdirSync(folder).map((name) => name.split('-')[1])).toEqual(['long', 'd', 'e'].map((id) => `${id}.trace.jsonl`))
})

test('runs that never end here, such as those that an engine continues elsewhere, do not pile up, and one that continues has another file', async () => {
  const folder = newFolder()
  const tracer = traceTo(folder, { maxFiles: 20 })
  const event = (runId: string, at: number) => tracer.onEvent({ type: 'step-start', step: 1, runId, seq: 1, at } as RunEvent)
  const minute = 60_000
  for (let run = 0; run < 300; run += 1) event(`r${run}`, 0)
  event('r0', 9 * minute)
  for (let run = 300; run < 340; run += 1) event(`r${run}`, 11 * minute)
  const runs = (): readonly string[] => readdirSync(folder).map((name) => name.split('-')[1]?.split('.')[0] ?? '')
  await vi.waitFor(() => expect(runs()).toContain('r339'), { timeout: 10_000 })
  // The files of those that were left may be deleted.
  expect(runs().length).toBeLessThan(140)
  expect(runs()).toContain('r0')
  event('r1', 12 * minute)
  tracer.onEvent({ type: 'run-end', step: 0, runId: 'r1', seq: 2, at: 12 * minute } as RunEvent)
  expect(runs()).toContain('r1')
})

test('one file for all runs is renamed when it is full', async () => {
  await using provider = await answering(long)
  const file = join(newFolder(), 'all.jsonl')
  const agent = agentAt(provider.baseURL, traceToFile(file, { maxFileBytes: 30_000, maxFiles: 3 }))
  for (let count = 0; count < 8; count += 1) await agent.generate('go')
  const names = readdirSync(join(file, '..')).sort()
  expect(names).toEqual(['all.jsonl', 'all.jsonl.1', 'all.jsonl.2'])
  for (const name of names) {
    const path = join(file, '..', name)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(path).size).toBeLessThan(40_000)
    const { lines, problems } = await readTrace(path)
    expect(problems).toEqual([])
    expect(lines[0]?.type).toBe('trace')
  }
})

test('a body that is too long is cut and says so, and the run has all of it', async () => {
  await using provider = await answering(long)
  const folder = newFolder()
  const { text } = await agentAt(provider.baseURL, traceTo(folder, { maxBodyBytes: 600 })).generate('g'.repeat(700))
  expect(text).toBe(long)
  const [exchange] = exchangesOf(await traceIn(folder))
  expect(exchange?.request).toMatchObject({ body: '', omittedBytes: Buffer.byteLength(provider.requests[0]?.text ?? '') })
  const sent = Buffer.byteLength(replyStream({ texts: [long] }))
  expect((exchange && bodyOf(exchange).length) ?? 0).toBe(sent - (exchange?.response?.omittedBytes ?? 0))
  expect(exchange?.response?.omittedBytes).toBeGreaterThan(0)
})

test('many runs at once need few file descriptors, and each has its trace', async () => {
  await using provider = await answering('ok')
  const folder = newFolder()
  const agent = agentAt(provider.baseURL, traceTo(folder))
  let most = 0
  const onEvent = (): void => {
    most = Math.max(most, openIn(folder))
  }
  const runIds = Array.from({ length: 70 }, (_, index) => `r${index}`)
  await Promise.all(runIds.map((runId, index) => agent.generate('go', { runId, ...(index % 10 === 0 && { onEvent }) })))
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThanOrEqual(33)
  const files = await tracesIn(folder)
  expect(files).toHaveLength(runIds.length)
  expect(files.every((lines) => eventsOf(lines).at(-1)?.type === 'run-end' && exchangesOf(lines).length === 1)).toBe(true)
  expect(openIn(folder)).toBe(0)
})

/** How many files of a folder this process has open. */
function openIn(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(folder)).length
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    // The one that the folder was read with.
    return ''
  }
}

test('a folder that vanishes is made again', async () => {
  await using provider = await answering('ok')
  const folder = newFolder()
  const agent = agentAt(provider.baseURL, traceTo(folder))
  rmSync(folder, { recursive: true })
  expect((await agent.generate('go')).warnings).toEqual([])
  expect(eventsOf(await traceIn(folder)).at(-1)?.type).toBe('run-end')
})

test('without the tape there are no exchanges', async () => {
  await using provider = await answering('ok')
  const folder = newFolder()
  await agentAt(provider.baseURL, traceTo(folder, { tape: false })).generate('go')
  expect((await traceIn(folder)).filter(({ type }) => type === 'exchange')).toEqual([])
})

test.each([
  [{ maxFile: 1 }, /`maxFile` is not an option of traceTo\(\)\. Use `maxFile(?:s|Bytes)`/],
  [{ tape: 'no' }, /`tape` must be true or false, not a string/],
  [{ redact: true }, /`redact` must be a function/],
  [{ maxFiles: 0 }, /`maxFiles` must be a whole number of at least 1, not 0/],
  [{ maxFileBytes: Number.NaN }, /`maxFileBytes` must be a whole number/],
])('options that are wrong are refused: %s', (options, message) => {
  expect(() => traceTo(newFolder(), options as object)).toThrow(message)
})

test('a path that is wrong is refused where the tracer is made', () => {
  expect(() => traceTo('')).toThrow(/traceTo\(\) needs a path, not an empty text/)
  expect(() => traceToFile(7 as unknown as string)).toThrow(/needs a path, not a number/)
  const file = join(newFolder(), 'file')
  writeFileSync(file, 'kept')
  expect(() => traceTo(join(file, 'traces'))).toThrow(/cannot be written to/)
  expect(() => traceTo(file)).toThrow(/cannot be written to/)
  expect(readFileSync(file, 'utf8')).toBe('kept')
})
