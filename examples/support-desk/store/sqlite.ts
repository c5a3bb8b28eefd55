import type { Sql, SqlRow, SqlValue } from './sql-store.ts'

/** The part of `node:sqlite` that is used here. The types of Node 20 do not have the module. */
interface Sqlite {
  readonly DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void
    prepare(sql: string): { all(values: Readonly<Record<string, SqlValue>>): readonly SqlRow[] }
    close(): void
  }
}

/** `undefined` before Node 22.13, which does not have the module. */
export function openSqlite(path: string): Sql | undefined {
  const sqlite = process.getBuiltinModule('node:sqlite') as Sqlite | undefined
  if (sqlite === undefined) return undefined
  const database = new sqlite.DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000')
  const query: Sql['query'] = async (text, values = []) =>
    database.prepare(text).all(Object.fromEntries(values.map((value, index) => [`$${index + 1}`, value])))

  // There is one connection, so nothing else may run between the statements of a transaction.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
  const transaction: Sql['transaction'] = async (work) => {
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = await work({ query })
      database.exec('COMMIT')
      return result
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }
  return {
    query: (text, values) => inTurn(() => query(text, values)),
    transaction: (work) => inTurn(() => transaction(work)),
    close: () => inTurn(async () => database.close()),
  }
}
