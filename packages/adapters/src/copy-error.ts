import { AgentError, type AgentErrorOptions } from '@capstan/core'

/** What a copy changes. */
export type ErrorChanges = Partial<AgentErrorOptions> & { readonly message?: string }

/** A copy of an error with some of its fields changed: an error does not change once it is made. */
export function copyError(error: AgentError, changes: ErrorChanges): AgentError {
  const { code, phase, retryable, status, retryAfterMs, providerMessage, requestId, usage, cause } = error
  return new AgentError(changes.message ?? error.message, {
    code,
    phase,
    retryable,
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(providerMessage !== undefined && { providerMessage }),
    ...(requestId !== undefined && { requestId }),
    ...(usage !== undefined && { usage }),
    ...(cause !== undefined && { cause }),
    ...changes,
  })
}
