/** The tables of the runs of one release. */
export interface RunTables {
  readonly runs: string
  readonly records: string
  readonly decisions: string
}

/** Runs begun by this release. */
export const runTables: RunTables = { runs: 'capstan_journal_runs', records: 'capstan_journal_records', decisions: 'capstan_journal_decisions' }

/**
 * Runs begun by release 0.1.0, which stay in its tables until they end. Release 0.1.0 does not check the version of a run, so runs that
 * it cannot read must not be in these tables.
 */
export const oldRunTables: RunTables = { runs: 'capstan_runs', records: 'capstan_records', decisions: 'capstan_decisions' }

// The trigger prevents a process of release 0.1.0 from beginning a run again under the same id.
export const schema: string = `
  PRAGMA busy_timeout = 0;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  ${createTables(runTables)}
  ${createTables(oldRunTables)}
  CREATE TABLE IF NOT EXISTS capstan_artifacts (run_id TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, id));
  CREATE TABLE IF NOT EXISTS capstan_sessions (
    session_id TEXT NOT NULL, seq INTEGER NOT NULL, version TEXT NOT NULL, messages TEXT NOT NULL, PRIMARY KEY (session_id, seq)
  );
  CREATE TABLE IF NOT EXISTS capstan_run_index (
    run_id TEXT PRIMARY KEY, began_at INTEGER NOT NULL, indexed_at INTEGER NOT NULL, agent TEXT NOT NULL, status TEXT NOT NULL, run TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS capstan_run_index_order ON capstan_run_index (began_at, run_id);
  CREATE TABLE IF NOT EXISTS capstan_run_metadata (run_id TEXT NOT NULL, pair TEXT NOT NULL, PRIMARY KEY (run_id, pair));
  CREATE TABLE IF NOT EXISTS capstan_session_times (session_id TEXT PRIMARY KEY, changed_at INTEGER NOT NULL);
  CREATE TRIGGER IF NOT EXISTS capstan_runs_begun_since BEFORE INSERT ON ${oldRunTables.runs}
  WHEN EXISTS (SELECT 1 FROM ${runTables.runs} WHERE run_id = NEW.run_id)
  BEGIN SELECT RAISE(ABORT, 'a newer version of Capstan began this run, and only it can continue the run'); END;
`

function createTables({ runs, records, decisions }: RunTables): string {
  return `
  CREATE TABLE IF NOT EXISTS ${runs} (
    run_id TEXT PRIMARY KEY, head TEXT NOT NULL, fence INTEGER NOT NULL, owner TEXT NOT NULL, lease_until INTEGER NOT NULL, changed_at INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ${records} (run_id TEXT NOT NULL, seq INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (run_id, seq));
  CREATE TABLE IF NOT EXISTS ${decisions} (
    seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL, question_id TEXT NOT NULL, decision TEXT NOT NULL, UNIQUE (run_id, question_id)
  );`
}
