import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { approve, decide, openQuestions, type RunHead } from '@capstan/core'
import { shop } from '@capstan/test-kit'
import { expect, test } from 'vitest'
import { identifyProcess } from '../process-identity.ts'
import { newFolder } from '../testing/stores.ts'
import { Connection, loadSqlite } from './connection.ts'
import { Database } from './database.ts'
import { sqliteJournal } from './sqlite-journal.ts'

const hasSqlite = process.getBuiltinModule('node:sqlite') !== undefined
const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }
const question = { type: 'question', id: 'q', about: 1 } as const
const newDatabase = (): string => join(newFolder(), 'runs.db')
const connect = (path: string): Connection => new Connection(loadSqlite(), path)

test.skipIf(hasSqlite)('on a Node without SQLite, the error says so', async () => {
  await expect(sqliteJournal(newDatabase()).list()).rejects.toMatchObject({
    code: 'invalid-options',
    message: expect.stringContaining(process.versions.node),
  })
})

test.runIf(hasSqlite)('a run is taken from an owner whose lease has ended, and the append of that owner is refused', async () => {
  const path = newDatabase()
  const old = await sqliteJournal(path, { leaseMs: 1 }).open('r', head)
  // The event loop is blocked for longer than the lease, so nothing renews it.
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

test.runIf(hasSqlite)('an owner renews its lease while it lives, so no other process gets the run', async () => {
  const path = newDatabase()
  const run = await sqliteJournal(path, { leaseMs: 60 }).open('r', head)
  await new Promise((resolve) => setTimeout(resolve, 200))
  await expect(sqliteJournal(path).open('r')).rejects.toMatchObject({ code: 'run-locked' })
  await run.close()
  await (await sqliteJournal(path).open('r')).close()
})

test.runIf(hasSqlite)('a living owner on a machine with the same id and another boot keeps its run', async () => {
  const path = newDatabase()
  await sqliteJournal(path).open('r', head)
  const owner = JSON.stringify({ ...(await identifyProcess()), boot: 'another', pid: 4_000_000 })
  connect(path).run('UPDATE capstan_journal_runs SET owner = ?', owner)
  await expect(sqliteJournal(path).open('r')).rejects.toMatchObject({ code: 'run-locked', message: expect.stringMatching(/lease ends in (?:29|30) s/) })
})

test.runIf(hasSqlite)('if many processes open the run at once, only one gets it', async () => {
  const path = newDatabase()
  const journals = Array.from({ length: 20 }, () => sqliteJournal(path))
  // The databases are open, so that each opening reads the owner before another one writes it.
  await Promise.all(journals.map((journal) => journal.list()))
  const opened = await Promise.allSettled(journals.map((journal) => journal.open('r', head)))
  expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test.runIf(hasSqlite)('nothing is written after an append that failed', async () => {
  const path = newDatabase()
  const run = await sqliteJournal(path).open('r', head)
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  await expect(run.append([{ ...question, about: cyclic as never }], true)).rejects.toMatchObject({ code: 'journal-failed' })
  await expect(run.append([question], true)).rejects.toMatchObject({ code: 'journal-failed' })
  await run.close()
})

test.runIf(hasSqlite)('records are in the order of their appends', async () => {
  const path = newDatabase()
  const run = await sqliteJournal(path).open('r', head)
  const ids = Array.from({ length: 50 }, (_, index) => String(index))
  await Promise.all(ids.map((id) => run.append([{ ...question, id }], true)))
  await run.close()
  expect((await sqliteJournal(path).read('r')).records.map(({ id }) => id)).toEqual(ids)
})

test.runIf(hasSqlite)('a person can take a run by force from its owner', async () => {
  const path = newDatabase()
  const old = await sqliteJournal(path).open('r', head)
  const forced = await sqliteJournal(path, { force: true }).open('r')
  await expect(old.append([question], true)).rejects.toMatchObject({ code: 'run-locked' })
  await forced.close()
})

test.runIf(hasSqlite)('the database and the files beside it can be read by their owner only', async () => {
  const before = process.umask(0o022)
  const folder = join(newFolder(), 'new')
  const run = await sqliteJournal(join(folder, 'runs.db')).open('r', head)
  await run.append([question], true)
  process.umask(before)
  const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777])
  expect([statSync(folder).mode & 0o777, modes]).toEqual([
    0o700,
    [
      ['runs.db', 0o600],
      ['runs.db-shm', 0o600],
      ['runs.db-wal', 0o600],
    ],
  ])
})

/** A process that holds the write lock of a database for some time. */
async function lockFor(path: string, ms: number): Promise<{ readonly exit: Promise<unknown> }> {
  const code = `
    const database = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(${JSON.stringify(path)})
    database.exec('BEGIN IMMEDIATE')
    console.log('locked')
    setTimeout(() => database.exec('COMMIT'), ${ms})
  `
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  await once(child.stdout, 'data')
  return { exit }
}

test.runIf(hasSqlite)('while another process holds the write lock, the event loop is free and the append waits', async () => {
  const path = newDatabase()
  const run = await sqliteJournal(path).open('r', head)
  const { exit } = await lockFor(path, 1_000)
  let longestMs = 0
  let before = performance.now()
  const tick = (): void => {
    longestMs = Math.max(longestMs, performance.now() - before)
    before = performance.now()
  }
  const timer = setInterval(tick, 1)
  const started = performance.now()
  await Promise.all([run.append([question], true), sqliteJournal(path).open('s', { ...head, runId: 's' })])
  tick()
  clearInterval(timer)
  expect(performance.now() - started).toBeGreaterThan(500)
  expect(longestMs).toBeLessThan(250)
  await exit
})

test.runIf(hasSqlite)('a lock that another process holds too long is an error that says what to do', async () => {
  const path = newDatabase()
  const database = new Database(path, 100)
  await database.read(() => {})
  const { exit } = await lockFor(path, 1_000)
  const failed = { code: 'journal-failed', message: expect.stringContaining('end the transaction') }
  await expect(database.write(() => {})).rejects.toMatchObject(failed)
  // Readers do not wait for writers.
  await expect(database.read((connection) => connection.all('SELECT 1 AS one'))).resolves.toMatchObject([{ one: 1 }])
  await exit
  await expect(database.write(() => 'written')).resolves.toBe('written')
})

test.runIf(hasSqlite)('runs of release 0.1.0 do not mix with later ones', async () => {
  const path = newDatabase()
  const { agent } = shop()
  await agent.generate('go', { journal: sqliteJournal(path), runId: 'later' })
  const old = { ...head, version: 1, runId: 'old' }
  const insert = "INSERT INTO capstan_runs (run_id, head, fence, owner, lease_until, changed_at) VALUES (?, ?, 0, '', 0, 0) ON CONFLICT DO NOTHING"
  connect(path).run(insert, 'old', JSON.stringify(old))
  // What release 0.1.0 does when it begins a run.
  expect(() => connect(path).run(insert, 'later', JSON.stringify(old))).toThrow('a newer version of Capstan began this run')
  expect(connect(path).all('SELECT run_id FROM capstan_runs')).toMatchObject([{ run_id: 'old' }])
  expect((await sqliteJournal(path).list()).runs.map(({ runId }) => runId)).toEqual(['later', 'old'])
})

test.runIf(hasSqlite)('a run of release 0.1.0 stays in its tables: it is continued, decided and deleted there', async () => {
  const path = newDatabase()
  const { agent } = shop()
  await agent.generate('go', { journal: sqliteJournal(path), runId: 'r' })
  const connection = connect(path)
  connection.execute(`
    CREATE TEMP TABLE moved AS SELECT * FROM capstan_journal_runs;
    DELETE FROM capstan_journal_runs;
    INSERT INTO capstan_runs SELECT * FROM moved;
    INSERT INTO capstan_records SELECT * FROM capstan_journal_records;
    DELETE FROM capstan_journal_records;
  `)
  const [pending] = openQuestions(await sqliteJournal(path).read('r'))
  await decide(sqliteJournal(path), 'r', { [pending?.id ?? '']: approve() })
  await expect(agent.resume('r', { journal: sqliteJournal(path) }).result).resolves.toMatchObject({ text: 'Paid.' })
  const rowsIn = (table: string): number => connection.all(`SELECT * FROM ${table}`).length
  expect([rowsIn('capstan_runs'), rowsIn('capstan_decisions'), rowsIn('capstan_journal_runs'), rowsIn('capstan_journal_records')]).toEqual([1, 1, 0, 0])
  await sqliteJournal(path).delete('r')
  expect([rowsIn('capstan_runs'), rowsIn('capstan_records'), rowsIn('capstan_decisions')]).toEqual([0, 0, 0])
})

test.runIf(hasSqlite)('a run of a version that is not known is refused', async () => {
  const path = newDatabase()
  await sqliteJournal(path).list()
  const connection = connect(path)
  connection.run(
    "INSERT INTO capstan_journal_runs (run_id, head, fence, owner, lease_until, changed_at) VALUES ('s', ?, 0, '', 0, 0)",
    JSON.stringify({ ...head, version: 3, runId: 's' }),
  )
  const refused = { code: 'journal-failed', message: expect.stringContaining('version 3') }
  await expect(sqliteJournal(path).read('s')).rejects.toMatchObject(refused)
  await expect(sqliteJournal(path).open('s')).rejects.toMatchObject(refused)
  expect(connection.all("SELECT fence FROM capstan_journal_runs WHERE run_id = 's'")).toMatchObject([{ fence: 0 }])
})
