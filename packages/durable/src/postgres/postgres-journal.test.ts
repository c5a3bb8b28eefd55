import { randomUUID } from 'node:crypto'
import type { OpenRun, RunHead, RunRecord } from '@capstan/core'
import { describe, expect, test } from 'vitest'
import type { JournalOptions } from '../journal.ts'
import { identifyProcess } from '../process-identity.ts'
import { hasPostgres, startServer } from '../testing/stores.ts'
import { Database } from './database.ts'
import { postgresJournal } from './postgres-journal.ts'
import { RunRows } from './run-rows.ts'

const started = startServer()
const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }
const question = { type: 'question', id: 'q', about: 1 } as const

/** Journals in a schema of their own, and statements about its tables. */
function newStore() {
  const schema = `s${randomUUID()}`
  const journal = (options: JournalOptions = {}) => postgresJournal(started().pool, { schema, ...options })
  const sql = async (text: string, ...values: readonly unknown[]): Promise<readonly Record<string, unknown>[]> =>
    (await started().pool.query(text.replaceAll('TABLE_', `"${schema}".capstan_`), [...values])).rows
  return { schema, journal, sql }
}

async function append(run: OpenRun, ...records: readonly RunRecord[]): Promise<void> {
  await run.append(records, true)
}

describe.runIf(hasPostgres)('owners in PostgreSQL', () => {
  test('a run is taken from an owner whose lease has ended, and the append of that owner is refused', async () => {
    const { journal, sql } = newStore()
    const old = await journal().open('r', head)
    // The owner renews its lease only after a third of it.
    await sql("UPDATE TABLE_runs SET lease_until = now() - interval '1 second'")
    const next = await journal().open('r')
    await expect(append(old, question)).rejects.toMatchObject({ code: 'run-locked' })
    await append(next, question)
    await old.close()
    await append(next, { ...question, id: 'p' })
    await next.close()
    expect((await journal().read('r')).records).toHaveLength(2)
  })

  test('an owner renews its leases while it lives, so no other process gets its runs', async () => {
    const { journal } = newStore()
    const owner = journal({ leaseMs: 600 })
    const runs = await Promise.all(['a', 'b', 'c'].map((runId) => owner.open(runId, { ...head, runId })))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    for (const runId of ['a', 'b', 'c']) await expect(journal().open(runId)).rejects.toMatchObject({ code: 'run-locked' })
    for (const run of runs) await run.close()
    await (await journal().open('a')).close()
  })

  test('a lease ends by the clock of the database, whatever the clock of a process says', async () => {
    const { journal, sql } = newStore()
    const run = await journal().open('r', head)
    await sql('UPDATE TABLE_runs SET owner = $1', JSON.stringify({ ...(await identifyProcess()), host: 'another' }))
    const now = Date.now
    Date.now = () => now() + 3_600_000
    try {
      await expect(journal().open('r')).rejects.toMatchObject({ code: 'run-locked', message: expect.stringMatching(/lease ends in (?:29|30) s/) })
    } finally {
      Date.now = now
    }
    await append(run, question)
    await run.close()
  })

  test('a process that is certainly gone loses its run at once', async () => {
    const { journal, sql } = newStore()
    await journal().open('r', head)
    await sql('UPDATE TABLE_runs SET owner = $1', JSON.stringify({ ...(await identifyProcess()), pid: 4_000_000 }))
    const next = await journal().open('r')
    await append(next, question)
    await next.close()
    expect((await journal().read('r')).records).toEqual([question])
  })

  test('of many openings at once one takes the run', async () => {
    const { journal } = newStore()
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => journal().open('r', head)))
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of opened) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'run-locked' })
  })

  test('a person can take a run by force from its owner, and delete one', async () => {
    const { journal, sql } = newStore()
    const old = await journal().open('r', head)
    await expect(journal().delete('r')).rejects.toMatchObject({ code: 'run-locked' })
    const forced = await journal({ force: true }).open('r')
    await expect(append(old, question)).rejects.toMatchObject({ code: 'run-locked' })
    await append(forced, question)
    await journal({ force: true }).delete('r')
    await expect(append(forced, question)).rejects.toMatchObject({ code: 'run-locked' })
    await forced.close()
    expect(await sql('SELECT * FROM TABLE_records')).toEqual([])
  })

  test('a renewal that arrives after its run was released does not lock the run', async () => {
    const { journal, schema } = newStore()
    const rows = new RunRows(new Database(started().pool, schema))
    await rows.add(head)
    const claim = { owner: JSON.stringify(await identifyProcess()), leaseMs: 30_000, isForced: false }
    const held = await rows.take({ runId: 'r', fence: '0' }, claim)
    if (held === undefined) throw new Error('The run was not taken.')
    await rows.release(held)
    await rows.extendLeases([held], 30_000)
    const next = await journal().open('r')
    await append(next, question)
    await next.close()
    expect((await journal().read('r')).records).toEqual([question])
  })

  test('a run that has an owner of a greater number keeps it when an old owner gives it up', async () => {
    const { journal } = newStore()
    const old = await journal().open('r', head)
    await journal({ force: true }).open('r')
    await old.close()
    await expect(journal().open('r')).rejects.toMatchObject({ code: 'run-locked' })
  })
})

describe.runIf(hasPostgres)('what PostgreSQL keeps', () => {
  test('records are in the order of their appends', async () => {
    const { journal } = newStore()
    const run = await journal().open('r', head)
    const ids = Array.from({ length: 50 }, (_, index) => String(index))
    await Promise.all(ids.map((id) => append(run, { ...question, id })))
    await run.close()
    expect((await journal().read('r')).records.map(({ id }) => id)).toEqual(ids)
  })

  test('nothing is written after an append that failed', async () => {
    const { journal } = newStore()
    const run = await journal().open('r', head)
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    await expect(append(run, { ...question, about: cyclic as never })).rejects.toMatchObject({ code: 'journal-failed' })
    await expect(append(run, question)).rejects.toMatchObject({ code: 'journal-failed' })
    await run.close()
    expect((await journal().read('r')).records).toEqual([])
  })

  test.each(['\u0000', '\ud800', '"\\{NULL,}', 'ü😀\u2028', ''])('a text is read unchanged: %j', async (text) => {
    const { journal } = newStore()
    const run = await journal().open('r', { ...head, input: [{ role: 'user', content: text }] })
    await append(run, { ...question, about: text })
    await journal().decide('r', { id: text.replace(/[\0\ud800]/, ''), about: text, answer: text })
    await run.close()
    const saved = await journal().read('r')
    expect([saved.head.input[0]?.content, saved.records[0], saved.decisions[0]?.answer]).toEqual([text, { ...question, about: text }, text])
  })

  test.each(['', 'a\0b', '\udfff', 'ü'.repeat(513)])('an id that the database cannot keep is refused: %j', async (runId) => {
    const { journal } = newStore()
    await expect(journal().open(runId, { ...head, runId })).rejects.toMatchObject({ code: 'invalid-options' })
    await expect(journal().read(runId)).rejects.toMatchObject({ code: 'invalid-options' })
  })

  test('an id may have 1,024 bytes, and letters of another case make another run', async () => {
    const { journal } = newStore()
    for (const runId of ['ü'.repeat(512), 'R', 'r']) await (await journal().open(runId, { ...head, runId })).close()
    expect((await journal().list()).runs.map(({ runId }) => runId)).toEqual(['r', 'R', 'ü'.repeat(512)])
  })

  test('of many decisions at once all learn of the same one', async () => {
    const { journal } = newStore()
    await (await journal().open('r', head)).close()
    const decided = await Promise.all(Array.from({ length: 20 }, (_, answer) => journal().decide('r', { id: 'q', about: 'hash', answer })))
    expect(new Set(decided.map(({ answer }) => answer)).size).toBe(1)
    expect((await journal().read('r')).decisions).toEqual([decided[0]])
  })

  test('a missing record is reported', async () => {
    const { journal, sql } = newStore()
    const run = await journal().open('r', head)
    await append(run, question, { ...question, id: 'p' }, { ...question, id: 'o' })
    await run.close()
    await sql('DELETE FROM TABLE_records WHERE seq = 1')
    await expect(journal().open('r')).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('record 1') })
  })

  test('a run of a version that is not known is refused, and its owner is not changed', async () => {
    const { journal, sql } = newStore()
    await journal().list()
    await sql('INSERT INTO TABLE_runs (run_id, head) VALUES ($1, $2)', 's', JSON.stringify({ ...head, version: 3, runId: 's' }))
    const refused = { code: 'journal-failed', message: expect.stringContaining('version 3') }
    await expect(journal().read('s')).rejects.toMatchObject(refused)
    await expect(journal().open('s')).rejects.toMatchObject(refused)
    expect(await sql('SELECT fence FROM TABLE_runs')).toEqual([{ fence: '0' }])
  })

  test('an append updates the row of its run in place', async () => {
    const { journal, sql, schema } = newStore()
    const run = await journal().open('r', { ...head, input: [{ role: 'user', content: randomUUID().repeat(100) }] })
    for (let index = 0; index < 100; index++) await append(run, { ...question, id: String(index) })
    await run.close()
    const size = await sql('SELECT pg_relation_size($1::regclass)::int AS bytes', `"${schema}".capstan_runs`)
    expect(size[0]?.['bytes']).toBeLessThanOrEqual(16_384)
  })
})

test.each([
  ['nothing', undefined as never],
  ['an empty text', ''],
  ['what is not a pool', { connectionString: 'postgres://localhost' } as never],
])('%s is refused as a database', (_, database) => {
  expect(() => postgresJournal(database)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})

test.each([
  ['an unknown option', { shema: 'x' } as never],
  ['a schema without a name', { schema: '' }],
  ['a schema of the server', { schema: 'pg_catalog' }],
  ['a name that the server would cut', { schema: 'ü'.repeat(32) }],
  ['a lease of no time', { leaseMs: 0 }],
])('%s is refused', (_, options) => {
  expect(() => postgresJournal('postgres://localhost/x', options)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
})
