import { guarded } from '../failure.ts'
import { type DurableJournal, type JournalOptions, journalOver, readOptions } from '../journal.ts'
import type { PostgresRuns } from './postgres-runs.ts'
import { checkSchema, type PostgresPool, readSource } from './source.ts'

/** Options of `postgresJournal`. */
export interface PostgresJournalOptions extends JournalOptions {
  /** The schema of the tables, created when it does not exist. Default: `capstan`. */
  readonly schema?: string
}

/** A journal in PostgreSQL, with connections that can be closed. */
export interface PostgresJournal extends DurableJournal {
  /**
   * Closes the connections, unless they belong to a pool that was given. Idle connections do not keep the process alive, so a process
   * that ends does not need it.
   */
  close(): Promise<void>
}

/**
 * Keeps runs in PostgreSQL, for any number of processes on any number of machines. It makes its own tables and brings them up to date.
 * The owner of a run has a lease, by the clock of the database, and a number that each append checks. It needs the package `pg`.
 *
 * @param database - A connection string, `postgresql://user:password@host/database`, or a `Pool` of `pg`.
 * @throws {AgentError} `invalid-options` for an unknown option. Its methods: `invalid-options` for a connection string that cannot be
 * read, and when `pg` is not installed.
 */
export function postgresJournal(database: string | PostgresPool, options: PostgresJournalOptions = {}): PostgresJournal {
  const ownership = readOptions(options, 'postgresJournal', ['schema'])
  const { schema = 'capstan' } = options
  const source = readSource(database, 'postgresJournal')
  checkSchema(schema, 'postgresJournal')
  let loaded: Promise<PostgresRuns> | undefined
  const load = (): Promise<PostgresRuns> => {
    loaded ??= import('./postgres-runs.ts').then(({ PostgresRuns }) => new PostgresRuns(source, schema, ownership))
    return loaded
  }
  return { ...journalOver(load), close: () => guarded('Closing the journal', async () => await (await load()).close()) }
}
