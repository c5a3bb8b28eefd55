import { type Mutant, mutantsOf } from './mutant.ts'

const durable = 'packages/durable/src'
const fileTest = `${durable}/file/file-journal.test.ts`
const leaseTest = `${durable}/file/file-lease.test.ts`
const sqliteTest = `${durable}/sqlite/sqlite-journal.test.ts`
const postgresTest = `${durable}/postgres/postgres-journal.test.ts`
const journalTest = `${durable}/journal.test.ts`

/** Faults in journals in files. */
const fileMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${durable}/file/files.ts`, test: fileTest }, [
    {
      name: 'everybody may list the folder of a run',
      search: 'const folderMode = 0o700',
      replace: 'const folderMode = 0o755',
      killer: 'folders and files can be read by their owner only',
    },
    {
      name: 'everybody may read the file of a run',
      search: 'export const fileMode = 0o600',
      replace: 'export const fileMode = 0o644',
      killer: 'folders and files can be read by their owner only',
    },
  ]),
  ...mutantsOf({ file: `${durable}/file/inbox.ts` }, [
    {
      name: 'everybody may read what people decided',
      search: "open(path, 'a', fileMode)",
      replace: "open(path, 'a')",
      killer: 'folders and files can be read by their owner only',
      test: fileTest,
    },
    {
      name: 'the last decision in a file counts',
      search: 'if (decision && !decisions.has(decision.id)) decisions',
      replace: 'if (decision) decisions',
      killer: 'of two decisions about one question that reach the journal, the first is kept and given to both',
      test: journalTest,
    },
    {
      name: 'a decision continues a line that a crash cut off',
      search: 'file.writeFile(`\\n${line}\\n`)',
      replace: 'file.writeFile(`${line}\\n`)',
      killer: 'a decision that a crash cut off does not count, and does not damage the next one',
      test: fileTest,
    },
  ]),
  ...mutantsOf({ file: `${durable}/file/file-lease.ts`, test: leaseTest }, [
    {
      name: 'an owner that lost its run writes on',
      search: 'if (existsSync(this.#path)) return',
      replace: 'if (this.#path !== undefined) return',
      killer: 'an owner whose run was taken by force can no longer write it',
    },
    {
      name: 'a lease in files is not renewed',
      search: 'this.#renewal.then(() => rewrite(this.#path, this.#content)).catch(() => {})',
      replace: 'this.#renewal',
      killer: 'an owner renews its lease only while it is alive',
    },
    {
      name: 'a lease in files has ended before its end',
      search: 'if (leftMs !== undefined && leftMs < 0) return true',
      replace: 'if (leftMs !== undefined && leftMs < 1e9) return true',
      killer: 'before its lease ends',
    },
    {
      name: 'owners that lost their run keep their file',
      search: 'if (older < number) await unlink(',
      replace: 'if (older < 0) await unlink(',
      killer: 'an owner whose run was taken by force can no longer write it',
    },
  ]),
  ...mutantsOf({ file: `${durable}/file/file-runs.ts` }, [
    {
      name: 'an owner does not look after its write whether it still has the run',
      search: '    // Lines count only if the run had no other owner before they were written.\n    lease.check()\n',
      replace: '',
      killer: 'what an owner wrote does not count when the run was taken before its write was complete',
      test: leaseTest,
    },
    {
      name: 'the log of a rival is shared with it',
      search: 'if (lease.mayHaveRival) await replaceByCopy(',
      replace: 'if (!lease) await replaceByCopy(',
      killer: 'even if it was about to write when the run was taken',
      test: leaseTest,
    },
    {
      name: 'a line that a crash cut off is continued by the next one',
      search: '.size > completeBytes) await truncate',
      replace: '.size < completeBytes) await truncate',
      killer: 'a log that ends in an incomplete line is continued with a complete line',
      test: leaseTest,
    },
  ]),
  ...mutantsOf({ file: `${durable}/file/log.ts`, test: fileTest }, [
    {
      name: 'a changed line in the middle of a log is passed over',
      search: 'if (badLine !== undefined) throw',
      replace: 'if (badLine === 0) throw',
      killer: 'a changed line in the middle of a log is an error',
    },
    {
      name: 'a large value is whatever its file holds',
      search: 'text !== undefined && hashOf(text) === sha256 ? parse(text)',
      replace: 'text !== undefined ? parse(text)',
      killer: 'a large value is in a file of its own, and the run does not continue without it or with another one',
    },
  ]),
  ...mutantsOf({ file: `${durable}/file/lines.ts`, test: `${durable}/file/lines.test.ts` }, [
    {
      name: 'a line may be of any length',
      search: 'const isReadable = !this.#isTooLong && feed - start <= this.#maxBytes',
      replace: 'const isReadable = !this.#isTooLong',
      killer: 'that is longer than allowed has no text, and those after it are read',
    },
  ]),
]

/** Faults in journals in SQLite. */
const sqliteMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${durable}/sqlite/database.ts`, test: sqliteTest }, [
    {
      name: 'everybody may read the database',
      search: "open(this.path, 'a', 0o600)",
      replace: "open(this.path, 'a', 0o644)",
      killer: 'the database and the files beside it can be read by their owner only',
    },
    {
      name: 'everybody may list the folder of the database',
      search: 'recursive: true, mode: 0o700',
      replace: 'recursive: true, mode: 0o755',
      killer: 'the database and the files beside it can be read by their owner only',
    },
    {
      name: 'a lock is waited for without an end',
      search: 'if (performance.now() >= end) throw',
      replace: 'if (performance.now() < 0) throw',
      killer: 'a lock that another process holds too long is an error that says what to do',
    },
  ]),
  ...mutantsOf({ file: `${durable}/sqlite/connection.ts`, test: sqliteTest }, [
    {
      name: 'a locked database is an error at once',
      search: '(Number(error.errcode) & 0xff) === 5',
      replace: '(Number(error.errcode) & 0xff) === 99',
      killer: 'while another process holds the write lock, the event loop is free and the append waits',
    },
  ]),
  ...mutantsOf({ file: `${durable}/sqlite/schema.ts`, test: sqliteTest }, [
    {
      name: 'SQLite itself waits for a lock',
      search: 'PRAGMA busy_timeout = 0;',
      replace: 'PRAGMA busy_timeout = 5000;',
      killer: 'while another process holds the write lock, the event loop is free and the append waits',
    },
    {
      name: 'release 0.1.0 may begin a run again',
      search: 'BEGIN SELECT RAISE(ABORT,',
      replace: "BEGIN SELECT substr('', 0,",
      killer: 'runs of release 0.1.0 do not mix with later ones',
    },
  ]),
  ...mutantsOf({ file: `${durable}/sqlite/run-rows.ts` }, [
    {
      name: 'an owner that lost its run writes on in SQLite',
      search: 'SET changed_at = ?, lease_until = ? WHERE run_id = ? AND fence = ?',
      replace: 'SET changed_at = ?, lease_until = ? WHERE run_id = ? AND fence >= ?',
      killer: 'a person can take a run by force from its owner',
      test: sqliteTest,
    },
    {
      name: 'the last decision in SQLite counts',
      search: 'ON CONFLICT DO NOTHING',
      replace: 'ON CONFLICT (run_id, question_id) DO UPDATE SET decision = excluded.decision',
      killer: 'of two decisions about one question that reach the journal, the first is kept and given to both',
      test: journalTest,
    },
  ]),
  ...mutantsOf({ file: `${durable}/sqlite/sqlite-runs.ts`, test: sqliteTest }, [
    {
      name: 'two processes take a run in SQLite at once',
      search: 'refuseTaken(rows, seen, runId)\n      rows.setOwner(',
      replace: 'rows.setOwner(',
      killer: 'if many processes open the run at once, only one gets it',
    },
    {
      name: 'a lease in SQLite has ended before its end',
      search: 'if (this.#ownership.force || leftMs <= 0) return found',
      replace: 'if (this.#ownership.force || leftMs <= 1e9) return found',
      killer: 'a run under way is locked for other processes',
      test: journalTest,
    },
  ]),
  ...mutantsOf({ file: `${durable}/sqlite/lease.ts`, test: sqliteTest }, [
    {
      name: 'a lease in SQLite is not renewed',
      search: 'this.#setEnd(Date.now() + this.#terms.leaseMs).catch(() => {})',
      replace: 'void this.#setEnd',
      killer: 'an owner renews its lease while it lives, so no other process gets the run',
    },
  ]),
]

/** Faults in journals in PostgreSQL. */
const postgresMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${durable}/postgres/run-rows.ts`, test: postgresTest }, [
    {
      name: 'an owner that lost its run writes on in PostgreSQL',
      search: "lease_until = ${leaseEnd('$5')} WHERE run_id = $1 AND fence = $2::bigint RETURNING",
      replace: "lease_until = ${leaseEnd('$5')} WHERE run_id = $1 AND fence >= $2::bigint RETURNING",
      killer: 'a run is taken from an owner whose lease has ended, and the append of that owner is refused',
    },
    {
      name: 'the last decision in PostgreSQL counts',
      search: '$2, $3 FROM run ON CONFLICT DO NOTHING RETURNING seq',
      replace: '$2, $3 FROM run ON CONFLICT (run_id, question_id) DO UPDATE SET decision = excluded.decision RETURNING seq',
      killer: 'of two decisions about one question that reach the journal, the first is kept and given to both',
      test: journalTest,
    },
  ]),
  ...mutantsOf({ file: `${durable}/postgres/leases.ts`, test: postgresTest }, [
    {
      name: 'leases in PostgreSQL are not renewed',
      search: 'await this.#rows.extendLeases([...this.#held], this.#leaseMs).catch(() => {})',
      replace: 'await Promise.resolve()',
      killer: 'an owner renews its leases while it lives, so no other process gets its runs',
    },
  ]),
]

/** Faults in what the journals share. */
const sharedMutants: readonly Mutant[] = [
  ...mutantsOf({ file: `${durable}/process-identity.ts`, test: leaseTest }, [
    {
      name: 'a machine that was started again is another one',
      search: 'return left.boot === right.boot && left.pidNamespace',
      replace: 'return left.pidNamespace',
      killer: 'before its lease ends',
    },
    {
      name: 'a pid is its process for ever',
      search: '(other.startTime !== null && stat.startTime !== other.startTime)',
      replace: '(other.startTime !== null && stat.startTime === undefined)',
      killer: 'a process that has the pid of an earlier owner is not the owner',
    },
  ]),
  ...mutantsOf({ file: `${durable}/append-queue.ts`, test: `${durable}/append-queue.test.ts` }, [
    {
      name: 'a journal is written after a failure',
      search: 'this.#failure ??= { error }',
      replace: 'void error',
      killer: 'nothing is written after a failure, even when a write would work again',
    },
    {
      name: 'an append that must be durable is not',
      search: 'batch.some((waiting) => waiting.isDurable)',
      replace: 'batch.every((waiting) => waiting.isDurable)',
      killer: 'appends of the same tick are written together, in order, and are durable if one of them is',
    },
  ]),
  ...mutantsOf({ file: `${durable}/failure.ts`, test: fileTest }, [
    {
      name: 'a run of a later release is continued',
      search: 'if (isRunVersion(version)) return',
      replace: 'if (version !== undefined) return',
      killer: 'a run of a version that is not known is refused, and stays as it is',
    },
  ]),
]

/** Faults in journals. */
export const storeMutants: readonly Mutant[] = [...fileMutants, ...sqliteMutants, ...postgresMutants, ...sharedMutants]
