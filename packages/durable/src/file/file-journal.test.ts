import { constants } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { approve, decide } from '@capstan/core'
import { answersTo, shop } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { newFolder } from '../testing/stores.ts'
import { fileJournal } from './file-journal.ts'

/** A run that waits for a person. */
async function pausedRun() {
  const folder = newFolder()
  await shop().agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const file = (name: string): string => join(folder, 'r', name)
  return { folder, file, journal: fileJournal(folder), log: file('log.jsonl') }
}

const finish = async (folder: string) => {
  const journal = fileJournal(folder)
  return await shop().agent.resume('r', { journal, answers: await answersTo(journal, 'r', approve()) }).result
}

test('every line of a log is JSON: the head, then the records', async () => {
  const { log } = await pausedRun()
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['head', 'done', 'start', 'done', 'done', 'done', 'question', 'end'])
})

test.each([
  ['half a record', '{"type":"done","id":"steps/1/to'],
  ['zeros, as a loss of power may leave them', '\0\0\0\0\0'],
  ['a last line that is not JSON', '{"type":"do\n'],
  ['a last line that is not UTF-8', Buffer.from([0xff, 0xfe, 0xff, 10])],
  ['a last line that is longer than any line of a journal', `${'x'.repeat(200_000)}\n`],
])('the end of a log that a crash cut off does not count: %s', async (_, torn) => {
  const { folder, log } = await pausedRun()
  appendFileSync(log, torn)
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
})

test('a changed line in the middle of a log is an error', async () => {
  const { folder, log } = await pausedRun()
  writeFileSync(log, readFileSync(log, 'utf8').replace('{"type":"start"', '{"type":"sta'))
  await expect(finish(folder)).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('Line 3') })
})

test('a large value is in a file of its own, and the run does not continue without it or with another one', async () => {
  const folder = newFolder()
  const big = shop({ needsApproval: false, maxResultBytes: 100_000, execute: () => 'x'.repeat(70_000) })
  await big.agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const values = join(folder, 'r', 'values')
  expect(readdirSync(values)).toHaveLength(1)
  expect(readFileSync(join(folder, 'r', 'log.jsonl')).length).toBeLessThan(5_000)
  const [name = ''] = readdirSync(values)
  const resume = () => big.agent.resume('r', { journal: fileJournal(folder) }).result
  writeFileSync(join(values, name), readFileSync(join(values, name), 'utf8').replace('xxx', 'xyx'))
  await expect(resume()).rejects.toMatchObject({ code: 'journal-failed' })
  rmSync(values, { recursive: true })
  await expect(resume()).rejects.toMatchObject({ code: 'journal-failed' })
})

test('a decision that a crash cut off does not count, and does not damage the next one', async () => {
  const { folder, file } = await pausedRun()
  writeFileSync(file('inbox.jsonl'), '\n{"id":"steps/1/tools/1/approval","about":"x","ans')
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
})

test('a decision about another input is not followed', async () => {
  const { folder, file } = await pausedRun()
  await decide(fileJournal(folder), 'r', await answersTo(fileJournal(folder), 'r', approve()))
  writeFileSync(file('inbox.jsonl'), readFileSync(file('inbox.jsonl'), 'utf8').replace(/"about":"[^"]*"/, '"about":"of something else"'))
  await expect(shop().agent.resume('r', { journal: fileJournal(folder) }).result).rejects.toMatchObject({ code: 'state-mismatch' })
})

test.each(['a/b', '..', '.', 'ü ☃', 'A b%2e', "it's (*)!~"])('the id %s has one folder in the journal, and is listed unchanged', async (runId) => {
  const folder = newFolder()
  await shop().agent.generate('go', { journal: fileJournal(folder), runId })
  expect(readdirSync(folder).filter((name) => name !== '.index')).toHaveLength(1)
  expect((await fileJournal(folder).list()).runs).toMatchObject([{ runId }])
})

test('folders and files that do not belong to a run are not listed', async () => {
  const { folder, journal } = await pausedRun()
  for (const name of ['x'.repeat(250), '%', '%41', '.deleted-1', 'not encoded']) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'log.jsonl'), 'no log')
  }
  writeFileSync(join(folder, 'file'), '')
  expect((await journal.list()).runs).toMatchObject([{ runId: 'r' }])
})

test('a run with a damaged log is listed, and the others too', async () => {
  const { journal, log } = await pausedRun()
  await shop().agent.generate('go', { journal, runId: 's' })
  writeFileSync(log, 'damaged\n{}\n')
  expect((await journal.list()).runs.map(({ runId }) => runId).sort()).toEqual(['r', 's'])
  await expect(journal.read('r')).rejects.toMatchObject({ code: 'journal-failed' })
})

test('a run of a version that is not known is refused, and stays as it is', async () => {
  const { journal, log } = await pausedRun()
  const later = readFileSync(log, 'utf8').replace('"version":2', '"version":3')
  writeFileSync(log, later)
  const refused = { code: 'journal-failed', message: expect.stringContaining('version 3') }
  await expect(journal.read('r')).rejects.toMatchObject(refused)
  await expect(journal.open('r')).rejects.toMatchObject(refused)
  expect(readFileSync(log, 'utf8')).toBe(later)
})

test('folders and files can be read by their owner only', async () => {
  const before = process.umask(0o022)
  const root = join(newFolder(), 'a', 'runs')
  const { agent } = shop({ maxResultBytes: 100_000, execute: () => 'x'.repeat(70_000) })
  await agent.generate('go', { journal: fileJournal(root), runId: 'r' })
  await agent.resume('r', { journal: fileJournal(root), answers: await answersTo(fileJournal(root), 'r', approve()) }).result
  process.umask(before)
  const paths = [dirname(root), root, ...readdirSync(root, { recursive: true }).map((name) => join(root, String(name)))]
  expect(paths.map((path) => basename(path))).toEqual(expect.arrayContaining(['a', 'runs', 'r', 'log.jsonl', 'inbox.jsonl', 'values', 'owner.2']))
  for (const path of paths) expect([path, statSync(path).mode & 0o777]).toEqual([path, statSync(path).isDirectory() ? 0o700 : 0o600])
})

test('drafts that a killed process left are removed by the next owner', async () => {
  const { folder, file } = await pausedRun()
  mkdirSync(file('values'))
  for (const name of ['.draft-1', join('values', '.draft-2')]) writeFileSync(file(name), '')
  await finish(folder)
  expect(readdirSync(join(folder, 'r'), { recursive: true }).filter((name) => String(name).includes('draft'))).toEqual([])
})

test('what a killed process left of a deleted run is removed with the next one', async () => {
  const { folder, journal } = await pausedRun()
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const left = [`.deleted-${pid}.a`, `.deleted-${process.pid}.b`, '.deleted-old']
  for (const name of left) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'log.jsonl'), '')
  }
  utimesSync(join(folder, '.deleted-old'), 0, 0)
  await journal.delete('r')
  expect(readdirSync(folder)).toEqual([`.deleted-${process.pid}.b`, '.index'])
  expect(readdirSync(join(folder, '.index'))).toEqual([])
})

test('a log that is longer than the longest string is read and continued', async () => {
  const { folder, log } = await pausedRun()
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  // Spaces in the lines make them long without making them large in memory.
  const start = `${lines[1]?.slice(0, -1)}${' '.repeat(60_000)}}\n`
  const block = start.repeat(150)
  writeFileSync(log, `${lines[0]}\n`)
  for (let size = 0; size <= constants.MAX_STRING_LENGTH; size += block.length) appendFileSync(log, block)
  appendFileSync(log, `${lines.slice(1).join('\n')}\n`)
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
}, 60_000)
