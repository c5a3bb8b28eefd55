import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { appendLine, WrittenTrace } from '../../testing/written-trace.ts'
import type { PageLine } from '../lines.ts'
import { parsePageLine } from '../parse-line.ts'
import { LineReader } from './line-reader.ts'
import type { RunSource } from './source.ts'
import { TraceSource } from './trace-source.ts'

const folder = mkdtempSync(join(tmpdir(), 'trace-source-'))
let count = 0
const newFolder = (): string => {
  count += 1
  const path = join(folder, String(count))
  mkdirSync(path)
  return path
}

async function read(source: RunSource, id: string): Promise<PageLine[]> {
  const lines: PageLine[] = []
  for await (const batch of source.lines(id)) lines.push(...batch.flatMap((line) => parsePageLine(line) ?? []))
  return lines
}

const hello = { role: 'user', content: 'Hello 你好 🧭' }

test('lines are found where they are, in bytes, and a file is read on from where reading ended', async () => {
  const path = join(newFolder(), 'a.jsonl')
  writeFileSync(path, 'é1\n\n第二\nhalf')
  const reader = new LineReader(path)
  const lines = async () => {
    const found = []
    for await (const batch of reader.read()) found.push(...batch.map(({ file: _, ...line }) => line))
    return found
  }
  expect(await lines()).toEqual([
    { text: 'é1', start: 0, bytes: 3 },
    { text: '', start: 4, bytes: 0 },
    { text: '第二', start: 5, bytes: 6 },
  ])
  expect(reader.restBytes).toBe(4)
  appendFileSync(path, ' and more\nlast\n')
  expect(await lines()).toEqual([
    { text: 'half and more', start: 12, bytes: 13 },
    { text: 'last', start: 26, bytes: 4 },
  ])
  expect(reader.restBytes).toBe(0)
  expect(await lines()).toEqual([])
})

test('a line that is too long has no text, and the lines around it are read', async () => {
  const path = join(newFolder(), 'a.jsonl')
  const long = 'x'.repeat(3 << 20)
  writeFileSync(path, `before\n${long}\nafter\n${long.slice(0, 200)}\nend\n`)
  const found = []
  for await (const batch of new LineReader(path, 100).read()) found.push(...batch)
  expect(found.map(({ text, bytes }) => [text, bytes])).toEqual([
    ['before', 6],
    [undefined, long.length],
    ['after', 5],
    [undefined, 200],
    ['end', 3],
  ])
  expect(found[2]?.start).toBe(8 + long.length)
})

test('a trace is one run, and an exchange is sent without its bodies, which are read from the file', async () => {
  const path = join(newFolder(), 'a.trace.jsonl')
  const trace = new WrittenTrace().begin('helper').step(1, 'Hi').exchange(1, [hello], { reply: '{"secret":1}' }).end('Hi')
  writeFileSync(path, trace.toString())
  const source = TraceSource.ofFile(path)
  const { runs } = await source.list()
  expect(runs).toMatchObject([{ runId: 'run-1', agent: 'helper', source: 'trace', status: 'finished', at: 1_000 }])
  const lines = await read(source, runs[0]?.id ?? '')
  expect(lines.map(({ type }) => type)).toEqual(['event', 'event', 'event', 'event', 'event', 'exchange', 'event'])
  const exchange = lines.find((line) => line.type === 'exchange')
  expect(exchange).toMatchObject({ id: 0, step: 1, attempt: 1, status: 200, responseBytes: 12, request: { kept: 0, of: 0, added: [hello] } })
  expect(JSON.stringify(lines)).not.toContain('secret')
  expect(JSON.parse((await source.exchange(runs[0]?.id ?? '', 0)) ?? '')).toEqual(trace.lines.find((line) => 'chunks' in line))
  expect(await TraceSource.ofFile(path).exchange('run-1', 0)).toBe(await source.exchange('run-1', 0))
  expect(await source.exchange('run-1', 1)).toBeUndefined()
  expect(await source.exchange('other', 0)).toBeUndefined()
})

test('a request is told by what differs from the one before it of the same agent', async () => {
  const path = join(newFolder(), 'a.trace.jsonl')
  const [second, third] = [
    { role: 'assistant', content: 'Hi' },
    { role: 'user', content: 'More' },
  ]
  const tool = { type: 'function', function: { name: 't' } }
  const trace = new WrittenTrace()
    .exchange(1, [hello])
    .exchange(2, [hello, second, third])
    .exchange(1, [{ role: 'user', content: 'of a child' }], { path: ['research#1'] })
    .exchange(3, [hello, { role: 'assistant', content: '[cleared]' }, third], { tools: [tool] })
    .exchange(3, [hello, { role: 'assistant', content: '[cleared]' }, third], { tools: [tool], attempt: 2 })
  writeFileSync(path, trace.toString())
  const requests = (await read(TraceSource.ofFile(path), 'run-1')).flatMap((line) => (line.type === 'exchange' ? [line.request] : []))
  expect(requests).toEqual([
    { kept: 0, of: 0, added: [hello], parameters: { model: 'm' }, tools: [] },
    { before: 0, kept: 1, of: 1, added: [second, third] },
    { kept: 0, of: 0, added: [{ role: 'user', content: 'of a child' }], parameters: { model: 'm' }, tools: [] },
    { before: 1, kept: 1, of: 3, added: [{ role: 'assistant', content: '[cleared]' }, third], tools: [tool] },
    { before: 3, kept: 3, of: 3, added: [] },
  ])
})

test('files of one run are one run, and a folder lists its runs, the newest first, with those that cannot be read', async () => {
  const path = newFolder()
  const older = new WrittenTrace('older').begin('a').step(1, 'x')
  const [first, second] = [
    older.lines.slice(0, 3),
    [older.lines[0], ...older.lines.slice(3), { type: 'event', event: { type: 'run-error', step: 0, runId: 'older', seq: 9, at: 5, error: {} } }],
  ]
  const withRun = (lines: readonly (object | undefined)[]) =>
    lines.map((line, index) => `${JSON.stringify(index === 0 ? { ...line, runId: 'older', part: lines.length > 3 ? 2 : 1 } : line)}\n`).join('')
  writeFileSync(join(path, '1-older.trace.jsonl'), withRun(first))
  writeFileSync(join(path, '1-older.2.trace.jsonl'), withRun(second))
  const newer = new WrittenTrace('newer/../x').after(10_000).begin('b')
  Object.assign(newer.lines[0] ?? {}, { at: 9_000, runId: 'newer/../x' })
  writeFileSync(join(path, '9-newer.trace.jsonl'), newer.toString())
  writeFileSync(join(path, 'z.jsonl'), 'hello\n')
  writeFileSync(join(path, 'notes.txt'), 'no')
  const source = TraceSource.ofFolder(path)
  const { runs, note } = await source.list()
  expect(note).toBeUndefined()
  expect(runs.map(({ runId, agent, status, problem }) => [runId, agent, status, problem !== undefined])).toEqual([
    ['newer/../x', 'b', undefined, false],
    ['older', 'a', 'failed', false],
    ['', undefined, undefined, true],
  ])
  const types = (await read(source, 'older')).map((line) => (line.type === 'event' ? line.event.type : line.type))
  expect(types.filter((type) => type !== 'run')).toEqual(['run-start', 'step-start', 'attempt', 'message-end', 'step-end', 'run-error'])
  expect(await read(source, '../../etc')).toEqual([])
})

test('lines that cannot be read are notes, and a cut last line is said at the end', async () => {
  const path = join(newFolder(), 'a.trace.jsonl')
  writeFileSync(
    path,
    `${new WrittenTrace().begin()}${'{"broken\n'.repeat(30)}{"type":"event","event":{}}\n{}\n{"type":"exchange","request":{}}\n{"type":"event","event":{"ty`,
  )
  const lines = await read(TraceSource.ofFile(path), 'run-1')
  const notes = lines.flatMap((line) => (line.type === 'note' ? [line.message] : []))
  // 30 lines that are no JSON, one that is no event, and the cut one; what is no line of a trace is passed over.
  expect(notes).toHaveLength(32)
  expect(notes.at(-1)).toMatch(/last line of a\.trace\.jsonl is cut after \d+ bytes/)
  expect(lines.filter(({ type }) => type === 'event')).toHaveLength(1)
})

test('a file that is renamed and begun again while it is followed is read to its end, then the new one; its exchanges are found where they are', async () => {
  const path = join(newFolder(), 'all.jsonl')
  const first = new WrittenTrace('one').begin('one').exchange(1, [hello], { reply: 'from the first file' })
  writeFileSync(path, first.toString())
  const source = TraceSource.ofFile(path)
  const stop = new AbortController()
  const found: PageLine[] = []
  const reading = (async () => {
    for await (const batch of source.lines('one', stop.signal)) found.push(...batch.flatMap((line) => parsePageLine(line) ?? []))
  })()
  const until = async (text: string): Promise<void> => await vi.waitFor(() => expect(JSON.stringify(found)).toContain(text), { timeout: 10_000 })
  await until('"exchange"')
  appendLine(path, first.event('step-start', { step: 7 }))
  renameSync(path, `${path}.1`)
  writeFileSync(path, new WrittenTrace('two').begin('two').exchange(1, [hello], { reply: 'from the second' }).toString())
  await until('"two"')
  expect(found.map((line) => (line.type === 'event' ? line.event.type : line.type))).toEqual(['run-start', 'exchange', 'step-start', 'run-start', 'exchange'])
  const bodies = await Promise.all([0, 1].map(async (number) => JSON.parse((await source.exchange('one', number)) ?? '{}').chunks[0][1]))
  expect(bodies.map((base64) => Buffer.from(base64, 'base64').toString())).toEqual(['from the first file', 'from the second'])
  // A file that is cut to nothing is read from its beginning.
  writeFileSync(path, new WrittenTrace('three').begin('three').toString())
  await until('"three"')
  rmSync(path)
  await new Promise((resolve) => setTimeout(resolve, 300))
  writeFileSync(path, new WrittenTrace('four').begin('four').toString())
  await until('"four"')
  stop.abort()
  await reading
})

test('files that are deleted while a folder is read are left out', async () => {
  const path = newFolder()
  for (const name of ['a', 'b']) writeFileSync(join(path, `${name}.trace.jsonl`), new WrittenTrace(name).begin(name).toString())
  symlinkSync(join(path, 'nothing'), join(path, 'c.trace.jsonl'))
  const { runs } = await TraceSource.ofFolder(path).list()
  expect(runs.map(({ runId }) => runId).sort()).toEqual(['a', 'b'])
})

test('a followed file gives what is added to it, and a file that begins later in a folder too', async () => {
  const path = newFolder()
  const file = join(path, 'a.trace.jsonl')
  const trace = new WrittenTrace().begin()
  writeFileSync(file, trace.toString())
  const stop = new AbortController()
  const seen: string[] = []
  const actions: Readonly<Record<number, () => void>> = {
    1: () => appendFileSync(file, `${JSON.stringify(new WrittenTrace().event('step-start', { step: 1 }).lines[1])}\n`),
    2: () => writeFileSync(join(path, 'b.trace.jsonl'), new WrittenTrace().end('x').toString()),
    3: () => stop.abort(),
  }
  for await (const batch of TraceSource.ofFolder(path).lines('run-1', stop.signal)) {
    for (const line of batch) seen.push(/"event":\{"type":"([\w-]+)"/.exec(line)?.[1] ?? line)
    actions[seen.length]?.()
  }
  expect(seen).toEqual(['run-start', 'step-start', 'run-end'])
})
