import { AgentError } from '@capstan/core'

/** The part of `node:sqlite` that is used here. The types of Node 20 do not have the module. */
export interface Sqlite {
  readonly DatabaseSync: new (path: string) => RawDatabase
}

interface RawDatabase {
  exec(sql: string): void
  prepare(sql: string): Statement
}

interface Statement {
  run(...values: readonly Value[]): { readonly changes: number | bigint }
  all(...values: readonly Value[]): readonly unknown[]
}

type Value = string | number | null

/** A row of a result, by column name. */
export type Row = Readonly<Record<string, Value>>

/** A connection to a database file. Its methods are synchronous and fail at once if another process has the lock: see `Database`. */
export class Connection {
  readonly #raw: RawDatabase
  readonly #statements = new Map<string, Statement>()

  constructor({ DatabaseSync }: Sqlite, path: string) {
    this.#raw = new DatabaseSync(path)
  }

  /** Runs statements that have no parameters and no result. */
  execute(sql: string): void {
    this.#raw.exec(sql)
  }

  /** Changes rows. Returns the number of changed rows. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  /** Reads rows. */
  all(sql: string, ...values: readonly Value[]): readonly Row[] {
    // All columns that are read hold text or numbers.
    return this.#statement(sql).all(...values) as readonly Row[]
  }

  /** Runs work in a transaction: other connections see all of its changes or none. */
  transaction<Result>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: (connection: Connection) => Result): Result {
    this.run(begin)
    try {
      const result = work(this)
      this.run('COMMIT')
      return result
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  // A failed commit may already have rolled back. The error of the commit is the one to report.
  #rollBack(): void {
    try {
      this.run('ROLLBACK')
    } catch {}
  }

  #statement(sql: string): Statement {
    const statement = this.#statements.get(sql) ?? this.#raw.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}

/**
 * True for the error of a database that another connection has locked.
 *
 * @see https://www.sqlite.org/rescode.html#busy
 */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}

/** @throws {AgentError} `invalid-options` if this Node has no SQLite. */
export function loadSqlite(): Sqlite {
  const sqlite: unknown = process.getBuiltinModule('node:sqlite')
  if (sqlite === undefined) {
    throw new AgentError(
      `SQLite needs Node 22.13 or newer, for node:sqlite. This is Node ${process.versions.node}. Use fileJournal and fileSessions, or a newer Node.`,
      { code: 'invalid-options' },
    )
  }
  // `Sqlite` describes the used part of the built-in module.
  return sqlite as Sqlite
}
