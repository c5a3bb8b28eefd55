import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type LogFile, openLog } from './log-file.ts'
import { LogWriter } from './log-writer.ts'

/** A file that keeps what is written, and fails where it is told to. */
function fakeFile(fails: Partial<Record<'write' | 'sync', Error>> = {}) {
  const writes: string[] = []
  const state = { syncs: 0, closed: false, fails }
  const file: LogFile = {
    write(text) {
      if (state.fails.write) throw state.fails.write
      writes.push(text)
    },
    async datasync() {
      state.syncs++
      if (state.fails.sync) throw state.fails.sync
    },
    async close() {
      state.closed = true
    },
  }
  return { file, writes, state, writer: new LogWriter(file, () => {}) }
}

const lines = (...all: string[]): Promise<readonly string[]> => Promise.resolve(all)

test('an append counts once it is synced', async () => {
  const { writes, state, writer } = fakeFile()
  await writer.append(lines('a', 'b'), true)
  expect([writes, state.syncs]).toEqual([['a\nb\n'], 1])
})

test('an append that need not be durable is written and not synced', async () => {
  const { writes, state, writer } = fakeFile()
  await writer.append(lines('a'), false)
  expect([writes, state.syncs]).toEqual([['a\n'], 0])
})

test('what is asked for at once goes out together, in order, with one sync', async () => {
  const { writes, state, writer } = fakeFile()
  const slow = new Promise<readonly string[]>((resolve) => setImmediate(resolve, ['a']))
  await Promise.all([writer.append(slow, true), writer.append(lines('b'), false), writer.append(lines('c'), true)])
  expect([writes, state.syncs]).toEqual([['a\nb\nc\n'], 1])
})

test.each([
  ['write', 'ENOSPC'],
  ['sync', 'EIO'],
] as const)('after a %s that failed nothing is tried again, though it might work', async (step, code) => {
  const { writes, state, writer } = fakeFile({ [step]: Object.assign(new Error(code), { code }) })
  const failed = { code: 'journal-failed', cause: { code } }
  await expect(writer.append(lines('a'), true)).rejects.toMatchObject(failed)
  state.fails = {}
  await expect(writer.append(lines('b'), true)).rejects.toMatchObject(failed)
  expect(writes.join('')).not.toContain('b')
})

test('a process that may not write any more writes nothing', async () => {
  const { writes, file } = fakeFile()
  const writer = new LogWriter(file, () => {
    throw new Error('taken over')
  })
  await expect(writer.append(lines('a'), true)).rejects.toMatchObject({ code: 'journal-failed' })
  expect(writes).toEqual([])
})

test('closing waits for what is under way', async () => {
  const { writes, state, writer } = fakeFile()
  const append = writer.append(lines('a'), true)
  await writer.close()
  expect([writes, state.syncs, state.closed]).toEqual([['a\n'], 1, true])
  await append
})

test('a log that was closed writes nothing, though its number is that of another file by now', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-log-'))
  const log = openLog(join(folder, 'log'))
  log.write('a')
  await log.close()
  const other = openSync(join(folder, 'other'), 'w')
  expect(() => log.write('b')).toThrow('closed')
  await expect(log.datasync()).rejects.toThrow('closed')
  await log.close()
  closeSync(other)
  expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('')
  rmSync(folder, { recursive: true })
})
