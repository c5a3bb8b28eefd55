import { join } from 'node:path'
import type { RunHead } from '@capstan/core'
import { expect, test } from 'vitest'
import { newFolder } from '../testing/stores.ts'
import { sqliteJournal } from './sqlite-journal.ts'

const isThere = process.getBuiltinModule('node:sqlite') !== undefined
const head: RunHead = { version: 1, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }
const question = { type: 'question', id: 'q', about: 1 } as const

test.skipIf(isThere)('a Node without SQLite is named', async () => {
  await expect(sqliteJournal(join(newFolder(), 'runs.db')).list()).rejects.toMatchObject({
    code: 'invalid-options',
    message: expect.stringContaining(process.versions.node),
  })
})

test.runIf(isThere)('an owner whose lease is over is taken over from, and its append is refused', async () => {
  const path = join(newFolder(), 'runs.db')
  const old = await sqliteJournal(path, { leaseMs: 1 }).open('r', head)
  // The event loop stands still for longer than the lease: nothing renews it.
  const end = Date.now() + 20
  while (Date.now() < end);
  const next = await sqliteJournal(path).open('r')
  await expect(old.append([question], true)).rejects.toMatchObject({ code: 'run-locked' })
  await next.append([question], true)
  await old.close()
  await next.append([{ ...question, id: 'p' }], true)
  await next.close()
  expect((await sqliteJournal(path).read('r')).records).toHaveLength(2)
})

test.runIf(isThere)('a lease is renewed while its owner lives, so that nobody else has the run', async () => {
  const path = join(newFolder(), 'runs.db')
  const run = await sqliteJournal(path, { leaseMs: 60 }).open('r', head)
  await new Promise((resolve) => setTimeout(resolve, 200))
  await expect(sqliteJournal(path).open('r')).rejects.toMatchObject({ code: 'run-locked' })
  await run.close()
  await (await sqliteJournal(path).open('r')).close()
})

test.runIf(isThere)('of many that want a run at once, one has it', async () => {
  const path = join(newFolder(), 'runs.db')
  const opened = await Promise.allSettled(Array.from({ length: 20 }, () => sqliteJournal(path).open('r', head)))
  expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test.runIf(isThere)('after an append that failed nothing is tried again', async () => {
  const path = join(newFolder(), 'runs.db')
  const run = await sqliteJournal(path).open('r', head)
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  await expect(run.append([{ ...question, about: cyclic as never }], true)).rejects.toMatchObject({ code: 'journal-failed' })
  await expect(run.append([question], true)).rejects.toMatchObject({ code: 'journal-failed' })
  await run.close()
})

test.runIf(isThere)('a person can force a run that is owned', async () => {
  const path = join(newFolder(), 'runs.db')
  const old = await sqliteJournal(path).open('r', head)
  const forced = await sqliteJournal(path, { force: true }).open('r')
  await expect(old.append([question], true)).rejects.toMatchObject({ code: 'run-locked' })
  await forced.close()
})
