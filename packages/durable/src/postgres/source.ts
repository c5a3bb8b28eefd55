import { invalidOptions, kindOf } from '@capstan/core/internal'

/** The part of a pool that is used here. A `Pool` of the package `pg` has it. */
export interface PostgresPool {
  connect(callback: (error: Error | undefined, client: PostgresClient | undefined) => void): void
  on(event: 'error', listener: (error: Error) => void): unknown
  end(): Promise<void>
  /** True once `end` was called. */
  readonly ending?: boolean
}

/** A connection that is taken from a pool. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<{ readonly rows: readonly unknown[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  /** Gives the connection back; `true` closes it. */
  release(isBroken: boolean): void
}

/** One statement, with the name that `pg` has for its time limit. */
export interface PostgresQuery {
  readonly text: string
  readonly values: unknown[]
  readonly query_timeout: number
}

/** Where the tables are: a pool of the caller, or a connection string for a pool of this package. */
export type Source = PostgresPool | string

/** @throws {AgentError} `invalid-options`, without any part of a connection string. */
export function readSource(database: string | PostgresPool, factory: string): Source {
  if (typeof database === 'string' && database !== '') return database
  if (typeof database === 'object' && database !== null && typeof database.connect === 'function') return database
  const wanted = 'a connection string, such as postgresql://user@host/database, or a Pool of the package pg'
  throw invalidOptions(`${factory} needs ${wanted}, not ${database === '' ? 'an empty string' : kindOf(database)}.`)
}

// The server cuts longer names off.
const maxNameBytes = 63

/** @throws {AgentError} `invalid-options` for a name that no schema can have. */
export function checkSchema(schema: string, factory: string): void {
  const isName = typeof schema === 'string' && schema !== '' && !schema.includes('\0') && schema.isWellFormed() && Buffer.byteLength(schema) <= maxNameBytes
  if (isName && !schema.startsWith('pg_')) return
  throw invalidOptions(`\`schema\` of ${factory} must be the name of a PostgreSQL schema: 1 to ${maxNameBytes} bytes that do not begin with 'pg_'.`)
}
