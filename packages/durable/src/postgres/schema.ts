import { AgentError } from '@capstan/core'
import type { Session } from './session.ts'

/** The names of the tables, ready for statements. */
export interface Tables {
  readonly schema: string
  readonly migrations: string
  readonly runs: string
  readonly records: string
  readonly decisions: string
  readonly artifacts: string
  readonly sessions: string
  readonly sessionParts: string
  readonly runIndex: string
  readonly runMetadata: string
}

export function tablesIn(schema: string): Tables {
  const inSchema = (table: string): string => `${quoted(schema)}.capstan_${table}`
  return {
    schema,
    migrations: inSchema('migrations'),
    runs: inSchema('runs'),
    records: inSchema('records'),
    decisions: inSchema('decisions'),
    artifacts: inSchema('artifacts'),
    sessions: inSchema('sessions'),
    sessionParts: inSchema('session_parts'),
    runIndex: inSchema('run_index'),
    runMetadata: inSchema('run_metadata'),
  }
}

/**
 * What each version adds to the one before it. A version that was released never changes.
 *
 * `head` is stored out of line, and pages keep room, because each append updates the row of its run.
 */
const migrations: readonly ((tables: Tables) => string)[] = [
  ({ runs, records, decisions }) => `
    CREATE TABLE ${runs} (
      run_id text COLLATE "C" PRIMARY KEY,
      head text NOT NULL,
      fence bigint NOT NULL DEFAULT 0,
      owner text NOT NULL DEFAULT '',
      lease_until timestamptz NOT NULL DEFAULT to_timestamp(0),
      changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
    ) WITH (fillfactor = 70, toast_tuple_target = 128);
    CREATE TABLE ${records} (
      run_id text COLLATE "C" NOT NULL REFERENCES ${runs} ON DELETE CASCADE,
      seq bigint NOT NULL,
      record text NOT NULL,
      PRIMARY KEY (run_id, seq)
    );
    CREATE TABLE ${decisions} (
      seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      run_id text COLLATE "C" NOT NULL REFERENCES ${runs} ON DELETE CASCADE,
      question_id text COLLATE "C" NOT NULL,
      decision text NOT NULL,
      UNIQUE (run_id, question_id)
    );`,
  // Not bound to a run: an engine may host it.
  ({ artifacts }) => `
    CREATE TABLE ${artifacts} (
      run_id text COLLATE "C" NOT NULL,
      id_hash text COLLATE "C" NOT NULL,
      value text NOT NULL,
      PRIMARY KEY (run_id, id_hash)
    );`,
  ({ sessions, sessionParts }) => `
    CREATE TABLE ${sessions} (
      session_id text COLLATE "C" PRIMARY KEY,
      version text NOT NULL,
      parts bigint NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE TABLE ${sessionParts} (
      session_id text COLLATE "C" NOT NULL REFERENCES ${sessions} ON DELETE CASCADE,
      seq bigint NOT NULL,
      version text NOT NULL,
      messages text NOT NULL,
      PRIMARY KEY (session_id, seq)
    );`,
  // `began_at` in milliseconds since the Unix epoch; `pair` is a hash, because an index holds short texts only.
  ({ runs, runIndex, runMetadata }) => `
    CREATE TABLE ${runIndex} (
      run_id text COLLATE "C" PRIMARY KEY REFERENCES ${runs} ON DELETE CASCADE,
      began_at float8 NOT NULL,
      agent text COLLATE "C" NOT NULL,
      status text COLLATE "C" NOT NULL,
      run text NOT NULL
    );
    CREATE INDEX ON ${runIndex} (began_at, run_id);
    CREATE TABLE ${runMetadata} (
      run_id text COLLATE "C" NOT NULL REFERENCES ${runs} ON DELETE CASCADE,
      pair text COLLATE "C" NOT NULL,
      PRIMARY KEY (run_id, pair)
    );`,
]

/**
 * Creates the tables, or brings them to the version of this code. Any number of processes may do this at once: one works, the others
 * wait for it. A role that may not create anything can use tables that have the version already.
 *
 * @throws {AgentError} `journal-failed` when a newer Capstan made the tables, or for a database of another encoding than UTF-8.
 */
export async function migrate(session: Session, tables: Tables): Promise<void> {
  if ((await versionOf(session, tables)) === migrations.length) return
  await session.query('BEGIN')
  // Two keys, so that the lock is not that of another program that locks one number.
  await session.query("SELECT pg_advisory_xact_lock(hashtext('capstan migrations'), hashtext($1))", [tables.schema])
  const version = await versionOf(session, tables)
  if (version === 0) await createSchema(session, tables)
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    await session.query(migration(tables))
    await session.query(`INSERT INTO ${tables.migrations} (version) VALUES ($1)`, [index + 1])
  }
  await session.query('COMMIT')
}

/** 0 when there are no tables. */
async function versionOf(session: Session, { migrations: table, schema }: Tables): Promise<number> {
  // Read from the catalogue: to_regclass() can answer from a cache that is older than the lock.
  const exists = "EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'capstan_migrations')"
  const [found] = await session.query(`SELECT ${exists} AS is_there, current_setting('server_encoding') AS encoding`, [schema])
  if (found?.['encoding'] !== 'UTF8') {
    throw new AgentError(
      `The database has the encoding ${String(found?.['encoding'])}, which cannot hold every text. Use a database that was created with ENCODING 'UTF8'.`,
      { code: 'journal-failed' },
    )
  }
  if (found['is_there'] !== true) return 0
  const [last] = await session.query(`SELECT coalesce(max(version), 0) AS version FROM ${table}`)
  const version = Number(last?.['version'])
  if (version > migrations.length) {
    throw new AgentError(
      `The tables in the schema '${schema}' have version ${version}, and this version of Capstan knows versions up to ${migrations.length}. ` +
        'Use the version of Capstan that made them or a newer one, or another schema.',
      { code: 'journal-failed' },
    )
  }
  return version
}

async function createSchema(session: Session, { schema, migrations: table }: Tables): Promise<void> {
  // The server checks the right to create a schema also for one that exists.
  const existing = await session.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema])
  if (existing.length === 0) await session.query(`CREATE SCHEMA ${quoted(schema)}`)
  await session.query(`CREATE TABLE ${table} (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
