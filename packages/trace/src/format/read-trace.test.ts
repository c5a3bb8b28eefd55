import { appendFileSync, chmodSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LineFile } from './line-file.ts'
import type { TraceLine } from './lines.ts'
import { LineParser } from './parse-lines.ts'
import { readTrace } from './read-trace.ts'
import { writeLine } from './write-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'trace-format-'))
let count = 0
const newPath = (): string => join(folder, `${++count}.trace.jsonl`)

const header: TraceLine = { type: 'trace', version: 1, at: 1, capstan: '0.2.0', node: 'v20.0.0', pid: 7 }
const event: TraceLine = { type: 'event', event: { type: 'step-start', step: 1, runId: 'r', seq: 2, at: 3 } }
const exchange: TraceLine = {
  type: 'exchange',
  id: 1,
  runId: 'r',
  key: 'k',
  request: { method: 'POST', url: 'http://localhost/', headers: {}, body: 'Grüße, 你好 🧭\n\u2028', at: 4 },
  chunks: [[1, 'AA==']],
  endAt: 9,
}
const lines = [header, event, exchange]
const text = lines.map(writeLine).join('')

test('what is written is read again, split at any character', () => {
  for (let at = 0; at <= text.length; at += 1) {
    const parser = new LineParser()
    expect([...parser.feed(text.slice(0, at)), ...parser.feed(text.slice(at)), ...parser.end()]).toEqual(lines)
    expect(parser.problems).toEqual([])
  }
})

test('a file that was cut at any byte has all lines that are complete, and says that the last one is cut', async () => {
  const bytes = Buffer.from(text)
  const ends = lines.map((_, index) =>
    Buffer.byteLength(
      lines
        .slice(0, index + 1)
        .map(writeLine)
        .join(''),
    ),
  )
  for (let size = 0; size < bytes.length; size += 7) {
    const path = newPath()
    writeFileSync(path, bytes.subarray(0, size))
    const { lines: read, problems } = await readTrace(path)
    // The end of a line may be missing where the line is complete.
    const complete = ends.filter((end) => end - 1 <= size).length
    expect(read).toEqual(lines.slice(0, complete))
    const isCut = size > 0 && !ends.some((end) => end === size || end - 1 === size)
    expect(problems.map(({ line, kind }) => [line, kind])).toEqual(isCut ? [[complete + 1, 'cut']] : [])
  }
})

test('a process that adds to a file with a cut line begins a new line', async () => {
  const path = newPath()
  writeFileSync(path, `${writeLine(header)}{"type":"ev`)
  const file = new LineFile(path, false)
  file.append(writeLine(event))
  expect(file.bytes).toBe(statSync(path).size)
  file.close()
  const read = await readTrace(path)
  expect(read.lines).toEqual([header, event])
  expect(read.problems).toMatchObject([{ line: 2, kind: 'invalid' }])
})

test('lines of others, blank lines and lines of a later version are reported or passed over, and the rest is read', async () => {
  const path = newPath()
  const foreign = ['', 'null', '[]', '"text"', '{"type":"other"}', '{"type":"event"}', '{"type":"exchange","request":{}}', '{"type":"trace"}']
  writeFileSync(path, `${foreign.join('\n')}\n${writeLine({ ...header, version: 2 } as TraceLine)}${writeLine(event)}`)
  const { lines: read, problems } = await readTrace(path)
  expect(read).toEqual([{ ...header, version: 2 }, event])
  expect(problems.map(({ line, kind }) => [line, kind])).toEqual([...[2, 3, 4, 5, 6, 7, 8].map((line) => [line, 'unknown']), [9, 'newer']])
})

test('only the owner can read a file, also one that others could read before', () => {
  const path = newPath()
  new LineFile(path, true).close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  chmodSync(path, 0o644)
  new LineFile(path, false).close()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a new file never replaces another one, and a link is not followed', () => {
  const [path, link] = [newPath(), newPath()]
  writeFileSync(path, 'kept')
  symlinkSync(path, link)
  expect(() => new LineFile(path, true)).toThrow(/EEXIST/)
  expect(() => new LineFile(link, false)).toThrow(/ELOOP/)
  expect(() => new LineFile('/dev/null', false)).toThrow(/EINVAL/)
  expect(() => new LineFile(join(folder, 'missing', 'file'), true)).toThrow(/ENOENT/)
  appendFileSync(path, '.')
  expect(readFileSync(path, 'utf8')).toBe('kept.')
})
