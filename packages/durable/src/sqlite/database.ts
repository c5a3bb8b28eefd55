import { mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { AgentError } from '@capstan/core'
import { Connection, isBusy, loadSqlite } from './connection.ts'
import { schema } from './schema.ts'

const longestPauseMs = 50

/** One database file, opened at the first use. While another process holds its lock, the event loop is not blocked. */
export class Database {
  readonly path: string
  readonly #busyMs: number
  #opening: Promise<Connection> | undefined

  /** @param busyMs - How long work waits while other processes hold the lock, in milliseconds. */
  constructor(path: string, busyMs = 30_000) {
    this.path = resolve(path)
    this.#busyMs = busyMs
  }

  /** Reads in one transaction, so that the work sees one consistent state. */
  async read<Result>(work: (connection: Connection) => Result): Promise<Result> {
    const connection = await this.#open()
    return await this.#whenFree(() => connection.transaction('BEGIN', work))
  }

  /** Writes in one transaction, which is durable when the promise resolves. If another process holds the lock, the work is rolled back and runs again. */
  async write<Result>(work: (connection: Connection) => Result): Promise<Result> {
    const connection = await this.#open()
    return await this.#whenFree(() => connection.transaction('BEGIN IMMEDIATE', work))
  }

  #open(): Promise<Connection> {
    this.#opening ??= this.#connect().catch((error: unknown) => {
      // The next use tries again.
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #connect(): Promise<Connection> {
    const sqlite = loadSqlite()
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 })
    // SQLite gives the files -wal and -shm the permissions of the database: https://www.sqlite.org/walformat.html
    await (await open(this.path, 'a', 0o600)).close()
    const connection = new Connection(sqlite, this.path)
    // The change to WAL fails at once if another process opens the database at the same time, whatever the busy timeout is.
    await this.#whenFree(() => connection.execute(schema))
    return connection
  }

  async #whenFree<Result>(work: () => Result): Promise<Result> {
    let end: number | undefined
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error)) throw error
        end ??= performance.now() + this.#busyMs
        if (performance.now() >= end) throw this.#stillBusy(error)
      }
      await wait(pauseMs * (0.5 + Math.random()))
    }
  }

  #stillBusy(error: unknown): AgentError {
    const message =
      `Another process has held the write lock of the database ${this.path} for ${this.#busyMs / 1_000} s, so nothing was written. ` +
      'Find a process with an open transaction on it, such as a database shell or a backup, and end the transaction.'
    return new AgentError(message, { code: 'journal-failed', cause: error })
  }
}
