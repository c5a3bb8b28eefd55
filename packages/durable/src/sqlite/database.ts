import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AgentError } from '@capstan/core'

/** As much of `node:sqlite` as is used: the types of the oldest Node that is supported do not have it. */
interface Sqlite {
  readonly DatabaseSync: new (path: string) => RawDatabase
}

interface RawDatabase {
  exec(sql: string): void
  prepare(sql: string): Statement
}

type Value = string | number | null

interface Statement {
  run(...values: readonly Value[]): { readonly changes: number | bigint }
  all(...values: readonly Value[]): readonly unknown[]
}

/** How long opening waits for others that open too, in milliseconds. */
const openMs = 5_000

/** A row, as SQLite gives it. */
export type Row = Readonly<Record<string, Value>>

const schema = `
  PRAGMA busy_timeout = 5000;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS capstan_runs (
    run_id TEXT PRIMARY KEY, head TEXT NOT NULL, fence INTEGER NOT NULL, owner TEXT NOT NULL, lease_until INTEGER NOT NULL, changed_at INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS capstan_records (run_id TEXT NOT NULL, seq INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (run_id, seq));
  CREATE TABLE IF NOT EXISTS capstan_decisions (
    seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL, question_id TEXT NOT NULL, decision TEXT NOT NULL, UNIQUE (run_id, question_id)
  );
  CREATE TABLE IF NOT EXISTS capstan_sessions (
    session_id TEXT NOT NULL, seq INTEGER NOT NULL, version TEXT NOT NULL, messages TEXT NOT NULL, PRIMARY KEY (session_id, seq)
  );
`

/** One database file, opened when it is first used. Each transaction is durable when it returns. */
export class Database {
  readonly path: string
  #raw: RawDatabase | undefined
  readonly #statements = new Map<string, Statement>()

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** Changes rows; returns how many. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  /** Reads rows. */
  all(sql: string, ...values: readonly Value[]): readonly Row[] {
    // Every column that is read is a text or a number.
    return this.#statement(sql).all(...values) as readonly Row[]
  }

  /** Runs work as one transaction that others see whole or not at all. */
  transaction<Result>(work: () => Result): Result {
    const raw = this.#open()
    raw.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      raw.exec('COMMIT')
      return result
    } catch (error) {
      rollBack(raw)
      throw error
    }
  }

  #statement(sql: string): Statement {
    const statement = this.#statements.get(sql) ?? this.#open().prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #open(): RawDatabase {
    if (this.#raw !== undefined) return this.#raw
    const { DatabaseSync } = loadSqlite()
    mkdirSync(dirname(this.path), { recursive: true })
    const raw = new DatabaseSync(this.path)
    prepare(raw)
    this.#raw = raw
    return raw
  }
}

// Several processes that make one database at once: switching to WAL fails at once where others wait for the lock.
function prepare(raw: RawDatabase): void {
  const end = Date.now() + openMs
  for (;;) {
    try {
      raw.exec(schema)
      return
    } catch (error) {
      if (!isLocked(error) || Date.now() > end) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/** @see https://www.sqlite.org/rescode.html#busy */
function isLocked(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}

// A commit that failed may have rolled back by itself; its error is the one to report.
function rollBack(raw: RawDatabase): void {
  try {
    raw.exec('ROLLBACK')
  } catch {}
}

/** @throws {AgentError} `invalid-options` where this Node has no SQLite. */
function loadSqlite(): Sqlite {
  const sqlite: unknown = process.getBuiltinModule('node:sqlite')
  if (sqlite === undefined) {
    throw new AgentError(`node:sqlite needs Node 22.13 or newer; this is ${process.versions.node}. Use fileJournal, or another Node.`, {
      code: 'invalid-options',
    })
  }
  // The module of Node, of which Sqlite describes a part.
  return sqlite as Sqlite
}
