import pg from 'pg'
import type { Sql } from './sql-store.ts'

/** The pool may be shared with the journal and the sessions: they use a schema of their own. */
export function postgresSql(pool: pg.Pool): Sql {
  return {
    // Two processes that make the same table at the same time would fail otherwise.
    setupLock: 'SELECT pg_advisory_xact_lock(4100)',
    query: async (text, values = []) => (await pool.query(text, [...values])).rows,
    async transaction(work) {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        const result = await work({ query: async (text, values = []) => (await client.query(text, [...values])).rows })
        await client.query('COMMIT')
        client.release()
        return result
      } catch (error) {
        // Closing the connection rolls back whatever was done on it, also when it is broken.
        client.release(true)
        throw error
      }
    },
    close: () => pool.end(),
  }
}

export function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 10 })
  // A connection that breaks while it is idle is replaced by the next query. Without a listener it would end the process.
  pool.on('error', (error) => console.error(`A connection to PostgreSQL broke: ${error.message}`))
  return pool
}
