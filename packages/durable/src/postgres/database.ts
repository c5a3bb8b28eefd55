import { setTimeout as wait } from 'node:timers/promises'
import { AgentError } from '@capstan/core'
import { readConnectionString } from './connection-string.ts'
import { makePool } from './driver.ts'
import { mayWorkLater, sqlStateOf, withoutSecrets } from './failures.ts'
import { migrate, type Tables, tablesIn } from './schema.ts'
import { type Row, Session } from './session.ts'
import type { PostgresClient, PostgresPool, Source } from './source.ts'

const [firstPauseMs, longestPauseMs] = [20, 1_000]

/** Pools of callers that have the listener below: many journals may share a pool. */
const watched = new WeakSet<PostgresPool>()

/** One database with the tables of this package, connected when it is first used. */
export class Database {
  readonly tables: Tables
  readonly #source: Source
  readonly #limitMs: number
  #pool: Promise<PostgresPool> | undefined
  #tablesReady: Promise<void> | undefined
  #secrets: readonly string[] = []
  #wasConnected = false
  #isClosed = false

  /** @param limitMs - How long one piece of work may take, with all that is tried again, in milliseconds. */
  constructor(source: Source, schema: string, limitMs = 30_000) {
    this.#source = source
    this.tables = tablesIn(schema)
    this.#limitMs = limitMs
  }

  /**
   * Executes one statement, which is a transaction of its own. When the connection breaks it is executed again on another one, so a
   * statement must have the same effect when it is executed twice.
   */
  async query(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    this.#tablesReady ??= this.#withRetries((session) => migrate(session, this.tables)).catch((error: unknown) => {
      // The next use tries again.
      this.#tablesReady = undefined
      throw error
    })
    await this.#tablesReady
    return await this.#withRetries((session) => session.query(text, values))
  }

  /** Closes the connections, unless the pool is that of the caller. Nothing can be read or written after that. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    if (typeof this.#source === 'string') await (await this.#pool)?.end()
  }

  async #withRetries<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const endsAt = performance.now() + this.#limitMs
    let lastFailure: unknown
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await this.#inSession(work, endsAt)
      } catch (error) {
        // Time that was spent on connections that broke is not the fault of the pool, although its last connection came too late.
        if (performance.now() + pauseMs >= endsAt) throw this.#tooLate(AgentError.is(error) ? (lastFailure ?? error) : error)
        if (!(await this.#isWorthRetry(error))) throw this.#safe(error)
        lastFailure = error
      }
      await wait(pauseMs * (0.5 + Math.random()))
    }
  }

  // A server that was never reached has probably a wrong address: waiting would only delay the error.
  async #isWorthRetry(error: unknown): Promise<boolean> {
    if (!mayWorkLater(error) || !(this.#wasConnected || sqlStateOf(error) !== undefined)) return false
    return (await this.#connections()).ending !== true
  }

  async #inSession<Result>(work: (session: Session) => Promise<Result>, endsAt: number): Promise<Result> {
    if (this.#isClosed) throw new AgentError('The connections are closed: `close` was called.', { code: 'invalid-use' })
    const client = await checkOut(await this.#connections(), endsAt)
    this.#wasConnected = true
    let isBroken = true
    try {
      const result = await work(new Session(client, endsAt))
      isBroken = false
      return result
    } finally {
      giveBack(client, isBroken)
    }
  }

  #connections(): Promise<PostgresPool> {
    this.#pool ??= this.#makePool().catch((error: unknown) => {
      this.#pool = undefined
      throw error
    })
    return this.#pool
  }

  async #makePool(): Promise<PostgresPool> {
    const pool = typeof this.#source === 'string' ? await this.#makeOwnPool(this.#source) : this.#source
    // A pool reports each idle connection that broke, and an error without a listener ends the process. The next use makes another one.
    if (!watched.has(pool)) pool.on('error', ignore)
    watched.add(pool)
    return pool
  }

  async #makeOwnPool(text: string): Promise<PostgresPool> {
    const connectionString = readConnectionString(text)
    this.#secrets = connectionString.secrets
    return await makePool(connectionString)
  }

  #tooLate(error: unknown): Error {
    if (AgentError.is(error)) return error
    const { message } = this.#safe(error)
    return new Error(`the database did not do the work within ${this.#limitMs / 1_000} s (${message})`, { cause: this.#safe(error) })
  }

  #safe(error: unknown): Error {
    return withoutSecrets(error, this.#secrets)
  }
}

/** @throws {AgentError} `journal-failed` when no connection becomes free in time. */
function checkOut(pool: PostgresPool, endsAt: number): Promise<PostgresClient> {
  let timer: NodeJS.Timeout | undefined
  const checkedOut = new Promise<PostgresClient>((resolve, reject) => {
    let isLate = false
    timer = setTimeout(() => {
      isLate = true
      const message = 'All connections of the pool were in use for too long. Make the pool larger, or give its connections back earlier.'
      reject(new AgentError(message, { code: 'journal-failed' }))
    }, endsAt - performance.now())
    pool.connect((error, client) => {
      if (client === undefined) return reject(error)
      // An error without a listener ends the process, and the message that completes a connection may be followed by its end: so there must
      // be a listener before this function returns. A statement that fails with its connection rejects by itself.
      client.on('error', ignore)
      // A connection that comes too late is given back unused.
      if (isLate) giveBack(client, false)
      else resolve(client)
    })
  })
  return checkedOut.finally(() => clearTimeout(timer))
}

function giveBack(client: PostgresClient, isBroken: boolean): void {
  // In this order, so that there is always a listener: the pool has one for its idle connections.
  client.release(isBroken)
  client.off('error', ignore)
}

function ignore(): void {}
