import type { SessionStore } from '@capstan/core'
import { checkNames } from '@capstan/core/internal'
import { guarded } from '../failure.ts'
import { checkSchema, type PostgresPool, readSource } from '../postgres/source.ts'
import type { PostgresSessionRows } from './postgres-session-rows.ts'
import { sessionsOver } from './sessions-over.ts'

/** Options of `postgresSessions`. */
export interface PostgresSessionsOptions {
  /** The schema of the tables, created if it does not exist. It may be the schema of a journal. Default: `capstan`. */
  readonly schema?: string
}

/** Sessions in PostgreSQL, with connections that can be closed. */
export interface PostgresSessions extends SessionStore {
  /** Closes the connections, unless they belong to a pool that was passed in. Idle connections do not keep the process alive. */
  close(): Promise<void>
}

/**
 * Keeps sessions in PostgreSQL, for any number of processes on any number of machines. It creates and migrates its own tables, which
 * may be those of a journal. It needs the package `pg`.
 *
 * @param database - A connection string, `postgresql://user:password@host/database`, or a `Pool` of `pg`.
 * @throws {AgentError} `invalid-options` for an unknown option. Its methods: `invalid-options` for a connection string that cannot be
 * read, and when `pg` is not installed.
 */
export function postgresSessions(database: string | PostgresPool, options: PostgresSessionsOptions = {}): PostgresSessions {
  checkNames(options, { names: ['schema'], what: 'an option of postgresSessions' })
  const { schema = 'capstan' } = options
  const source = readSource(database, 'postgresSessions')
  checkSchema(schema, 'postgresSessions')
  let loaded: Promise<PostgresSessionRows> | undefined
  const load = (): Promise<PostgresSessionRows> => {
    loaded ??= import('./postgres-session-rows.ts').then(({ PostgresSessionRows }) => new PostgresSessionRows(source, schema))
    return loaded
  }
  return { ...sessionsOver(load), close: () => guarded('Closing the sessions', async () => await (await load()).close()) }
}
