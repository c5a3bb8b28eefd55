import { AgentError } from '@capstan/core'

/** States in which a server did nothing, and may do it later: no connection left, shutdown, start, or a conflict of transactions. */
const transientStates = /^(?:08...|57P0[1235]|53300|40001|40P01|55P03)$/

/**
 * The code by which a server says what failed; `undefined` for a failure of the connection.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'severity' in error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/**
 * True when the same statement may work later. It may have been executed already: nobody knows what became of a statement whose
 * connection broke.
 */
export function mayWorkLater(error: unknown): boolean {
  if (AgentError.is(error) || error instanceof TypeError || error instanceof RangeError) return false
  const state = sqlStateOf(error)
  return state === undefined || transientStates.test(state)
}

/**
 * The same failure with its message and code only. What `pg` adds to an error can hold the values of a row, and the connection with its
 * password.
 */
export function withoutSecrets(error: unknown, secrets: readonly string[]): Error {
  if (AgentError.is(error)) return error
  const code = error instanceof Error && 'code' in error ? { code: String(error.code) } : {}
  return Object.assign(new Error(secrets.reduce((text, secret) => text.replaceAll(secret, '***'), reasonOf(error))), code)
}

function reasonOf(error: unknown): string {
  // Node gives an error without a message when several addresses of a host were tried.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
