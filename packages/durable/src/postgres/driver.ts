import { AgentError } from '@capstan/core'
import { hasCode } from '../failure.ts'
import type { ConnectionString } from './connection-string.ts'
import type { PostgresPool } from './source.ts'

/**
 * Makes a pool whose idle connections do not keep the process alive.
 *
 * @throws {AgentError} `invalid-options` when `pg` is not installed.
 */
export async function makePool({ text }: ConnectionString): Promise<PostgresPool> {
  const { Pool } = await loadPg()
  return new Pool({ connectionString: text, allowExitOnIdle: true, keepAlive: true, connectionTimeoutMillis: 10_000, application_name: 'capstan' })
}

async function loadPg() {
  try {
    // Before its release 8.15, `pg` has only a default export.
    return (await import('pg')).default
  } catch (error) {
    if (!hasCode(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND')) throw error
    const message = 'PostgreSQL needs the package pg, which is not installed: run `npm install pg`. In a bundle, import it yourself and pass a `Pool` of it.'
    throw new AgentError(message, { code: 'invalid-options', cause: error })
  }
}
