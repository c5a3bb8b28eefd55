import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { RunHead } from '@capstan/core'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasPostgres, newFolder, startServer } from '../testing/stores.ts'
import { Database } from './database.ts'
import { postgresJournal } from './postgres-journal.ts'
import type { PostgresPool } from './source.ts'

const started = startServer()
const head: RunHead = { version: 2, runId: 'r', definition: { format: 1, instructions: null, tools: {}, hooks: [], output: null }, input: [] }
const question = { type: 'question', id: 'q', about: 1 } as const
const newSchema = (): string => `s${randomUUID()}`
const urlOf = (): string => started().server.urlOf('postgres')
// The built files, as another process loads them.
const built = fileURLToPath(new URL('../../dist/', import.meta.url))

function smallPool(): pg.Pool {
  const pool = new pg.Pool({ connectionString: urlOf(), max: 1 })
  onTestFinished(() => pool.end())
  return pool
}

describe.runIf(hasPostgres)('a pool of the caller', () => {
  test('without a free connection is an error that says so, and what waited is never executed', async () => {
    const pool = smallPool()
    const database = new Database(pool, newSchema())
    const impatient = new Database(pool, database.tables.schema, 300)
    const insert = `INSERT INTO ${database.tables.runs} (run_id, head) VALUES ('r', '{}')`
    await database.query('SELECT 1', [])
    const client = await pool.connect()
    await expect(impatient.query(insert, [])).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('Make the pool larger') })
    client.release()
    await expect(database.query(`SELECT * FROM ${database.tables.runs}`, [])).resolves.toEqual([])
  })

  test('whose connections break until the time is over is not blamed for being small', async () => {
    const real = smallPool()
    let failures = 0
    let isBroken = false
    const pool: PostgresPool = {
      connect(callback) {
        if (!isBroken) return real.connect((error, client) => callback(error, client))
        // One connection breaks, and the next one is not made in time.
        if (failures++ === 0) callback(new Error('Connection terminated unexpectedly'), undefined)
      },
      on: () => {},
      end: async () => {},
    }
    const database = new Database(pool, newSchema(), 1_000)
    await database.query('SELECT 1', [])
    isBroken = true
    await expect(database.query('SELECT 1', [])).rejects.toThrow('the database did not do the work within 1 s (Connection terminated unexpectedly)')
    expect(failures).toBe(2)
  })

  test('with one connection is enough for many runs at once', async () => {
    const journal = postgresJournal(smallPool(), { schema: newSchema() })
    const runIds = Array.from({ length: 30 }, (_, index) => `run-${index}`)
    const runs = await Promise.all(runIds.map((runId) => journal.open(runId, { ...head, runId })))
    await Promise.all(runs.flatMap((run) => [run.append([question], true), run.readDecisions()]))
    await Promise.all(runs.map((run) => run.close()))
    expect((await journal.list()).runs).toHaveLength(30)
  })

  test('stays open when the journal is closed', async () => {
    const pool = smallPool()
    const journal = postgresJournal(pool, { schema: newSchema() })
    await journal.list()
    await journal.close()
    await expect(pool.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] })
    await expect(journal.list()).rejects.toMatchObject({ code: 'invalid-use', message: expect.stringContaining('closed') })
  })

  test('that was ended is an error at once', async () => {
    const pool = new pg.Pool({ connectionString: urlOf() })
    const journal = postgresJournal(pool, { schema: newSchema() })
    await journal.list()
    await pool.end()
    await expect(journal.list()).rejects.toMatchObject({ code: 'journal-failed', message: expect.stringContaining('after calling end') })
  })
})

describe.runIf(hasPostgres)('a row that somebody has locked', () => {
  test('is an error that says how long was waited, and nothing is written twice', async () => {
    const database = new Database(started().pool, newSchema())
    const impatient = new Database(started().pool, database.tables.schema, 500)
    await database.query(`INSERT INTO ${database.tables.runs} (run_id, head) VALUES ('r', '{}')`, [])
    const other = await started().pool.connect()
    await other.query(`BEGIN; SELECT * FROM ${database.tables.runs} FOR UPDATE`)
    await expect(impatient.query(`UPDATE ${database.tables.runs} SET owner = 'x'`, [])).rejects.toThrow(/did not do the work within 0.5 s/)
    await other.query('COMMIT')
    other.release()
    await expect(database.query(`SELECT run_id FROM ${database.tables.runs}`, [])).resolves.toEqual([{ run_id: 'r' }])
  })
})

/** Runs a program in a process of its own, and gives what it wrote. */
async function runProgram(code: string, cwd?: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 9_000 })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [exitCode, signal] = await once(child, 'close')
  return `${output}${exitCode ?? signal}`
}

describe('processes', () => {
  test.runIf(hasPostgres)('neither idle connections nor leases keep a process alive', async () => {
    const program = `
      import { postgresJournal } from ${JSON.stringify(pathToFileURL(join(built, 'index.js')))}
      const journal = postgresJournal(${JSON.stringify(urlOf())}, { schema: ${JSON.stringify(newSchema())}, leaseMs: 600_000 })
      await journal.open('r', ${JSON.stringify(head)})
      console.log('opened')
    `
    const startedAt = performance.now()
    expect(await runProgram(program)).toBe('opened\n0')
    // Idle connections are closed after 10 s.
    expect(performance.now() - startedAt).toBeLessThan(8_000)
  })

  test('without the package pg the error says how to install it', async () => {
    const folder = newFolder()
    cpSync(built, join(folder, 'durable'), { recursive: true })
    mkdirSync(join(folder, 'node_modules/@capstan'), { recursive: true })
    symlinkSync(fileURLToPath(new URL('../../../core', import.meta.url)), join(folder, 'node_modules/@capstan/core'))
    const program = `
      import { postgresJournal } from './durable/index.js'
      await postgresJournal('postgres://shop:hunter2@localhost/shop').list().catch((error) => console.log(error.code, error.message))
    `
    const output = await runProgram(program, folder)
    expect(output).toMatch(/^invalid-options PostgreSQL needs the package pg, which is not installed: run `npm install pg`/)
    expect(output).not.toContain('hunter2')
  })
})
