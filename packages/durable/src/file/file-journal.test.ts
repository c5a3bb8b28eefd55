import { spawnSync } from 'node:child_process'
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { approve, decide, type RunHead } from '@capstan/core'
import { shop } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { identifyProcess } from '../process-identity.ts'
import { newFolder } from '../testing/stores.ts'
import { fileJournal } from './file-journal.ts'

const payment = 'steps/1/tools/1/approval'

/** A run that waits for a person. */
async function pausedRun() {
  const folder = newFolder()
  await shop().agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const file = (name: string): string => join(folder, 'r', name)
  return { folder, file, journal: fileJournal(folder), log: file('log.jsonl') }
}

const finish = async (folder: string) => await shop().agent.resume('r', { journal: fileJournal(folder), answers: { [payment]: approve() } }).result

test('every line of a log is JSON: the head, then records', async () => {
  const { log } = await pausedRun()
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['head', 'start', 'done', 'done', 'done', 'question', 'end'])
})

test.each([
  ['half a record', '{"type":"done","id":"steps/1/to'],
  ['zeros, as a loss of power may leave them', '\0\0\0\0\0'],
  ['a last line that is no JSON', '{"type":"do\n'],
])('what a crash tore off never counted: %s', async (_, torn) => {
  const { folder, log } = await pausedRun()
  appendFileSync(log, torn)
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
  for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
})

test('a line in the middle that is not what was written is an error: nothing is guessed', async () => {
  const { folder, log } = await pausedRun()
  writeFileSync(log, readFileSync(log, 'utf8').replace('{"type":"start"', '{"type":"sta'))
  await expect(finish(folder)).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('Line 2') })
})

test('a large value stands in a file of its own; without it the run does not go on', async () => {
  const folder = newFolder()
  const big = shop({ needsApproval: false, execute: () => 'x'.repeat(70_000) })
  await big.agent.generate('go', { journal: fileJournal(folder), runId: 'r' })
  const values = join(folder, 'r', 'values')
  expect(readdirSync(values)).toHaveLength(1)
  expect(readFileSync(join(folder, 'r', 'log.jsonl')).length).toBeLessThan(5_000)
  rmSync(values, { recursive: true })
  await expect(big.agent.resume('r', { journal: fileJournal(folder) }).result).rejects.toMatchObject({ code: 'journal-failed' })
})

test('decisions that were torn do not count, and do not tear the next one', async () => {
  const { folder, file } = await pausedRun()
  writeFileSync(file('inbox.jsonl'), '\n{"id":"steps/1/tools/1/approval","about":"x","ans')
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
})

test('a decision that was made about another input is not followed', async () => {
  const { folder, file } = await pausedRun()
  await decide(fileJournal(folder), 'r', { [payment]: approve() })
  writeFileSync(file('inbox.jsonl'), readFileSync(file('inbox.jsonl'), 'utf8').replace(/"about":"[^"]*"/, '"about":"of something else"'))
  await expect(shop().agent.resume('r', { journal: fileJournal(folder) }).result).rejects.toMatchObject({ code: 'state-mismatch' })
})

/** A process that is gone: it was started here, and ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid
}

test('the owner is taken over from when it is certainly gone', async () => {
  const { folder, file } = await pausedRun()
  writeFileSync(file('owner.9'), JSON.stringify({ ...(await identifyProcess()), pid: deadPid() }))
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
  // The highest number stays, empty: given up.
  expect(readdirSync(join(folder, 'r')).filter((name) => name.startsWith('owner.'))).toEqual(['owner.10'])
})

test.each([
  ['of another machine', { host: 'elsewhere', pid: 1 }],
  ['of another container', { pidNamespace: 'pid:[1]', pid: 4_000_000 }],
  ['whose machine cannot be told and was started anew', { machine: null, boot: 'another' }],
])('an owner %s is never certainly gone: only a person can force it', async (_, other) => {
  const { folder, file, journal } = await pausedRun()
  writeFileSync(file('owner.9'), JSON.stringify({ ...(await identifyProcess()), ...other }))
  await expect(journal.open('r')).rejects.toMatchObject({ code: 'run-locked' })
  const run = await fileJournal(folder, { force: true }).open('r')
  await run.close()
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
})

test('a pid that was given to another process since is no owner', async () => {
  const { folder, file } = await pausedRun()
  const self = await identifyProcess()
  if (self.startTime === null) return
  writeFileSync(file('owner.9'), JSON.stringify({ ...self, startTime: '1' }))
  await expect(finish(folder)).resolves.toMatchObject({ text: 'Paid.' })
})

test('a file of an owner that cannot be read locks the run', async () => {
  const { file, journal } = await pausedRun()
  writeFileSync(file('owner.9'), '{"host"')
  await expect(journal.open('r')).rejects.toMatchObject({ code: 'run-locked' })
})

test('an owner whose lock was forced may not write any more', async () => {
  const { folder, journal } = await pausedRun()
  const old = await journal.open('r')
  const forced = await fileJournal(folder, { force: true }).open('r')
  await expect(old.append([{ type: 'question', id: 'q', about: 1 }], true)).rejects.toMatchObject({ code: 'run-locked' })
  await forced.append([{ type: 'question', id: 'p', about: 1 }], true)
  await Promise.all([old.close(), forced.close()])
})

test('of many that want a run at once, one has it', async () => {
  const folder = newFolder()
  const head: RunHead = { version: 1, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }
  const opened = await Promise.allSettled(Array.from({ length: 30 }, () => fileJournal(folder).open('r', head)))
  const open = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(open).toHaveLength(1)
  await open[0]?.close()
})

test.each(['a/b', '..', '.', 'ü ☃', 'A b%2e', "it's (*)!~"])('the id %s is kept in one folder below, and listed as it was', async (runId) => {
  const folder = newFolder()
  await shop().agent.generate('go', { journal: fileJournal(folder), runId })
  expect(readdirSync(folder)).toHaveLength(1)
  expect(await fileJournal(folder).list()).toMatchObject([{ runId }])
})

test('an owner file does not tell the id of the machine', async () => {
  const identity = await identifyProcess()
  expect(identity).toMatchObject({ host: hostname(), pid: process.pid })
  if (identity.machine !== null) expect(identity.machine).toMatch(/^[0-9a-f]{16}$/)
})
