import { createHash, randomUUID } from 'node:crypto'

/** Ids that a URL can hold as they are. Others, such as those with path tricks, name nothing. */
const runIdForm = /^[\w.:-]{1,128}$/
const sessionForm = /^[\w.:@-]{1,100}$/
/** As header values are sent; the draft of the IETF names no length. */
const keyForm = /^[\x20-\x7e]{1,200}$/

/** True for a text that may be the id of a run. */
export function isRunId(id: string): boolean {
  return runIdForm.test(id) && id !== '.' && id !== '..'
}

/** True for a text that may be the name of a session. */
export function isSessionName(name: string): boolean {
  return sessionForm.test(name) && name !== '.' && name !== '..'
}

/** True for a text that may be an `Idempotency-Key`. */
export function isIdempotencyKey(key: string): boolean {
  return keyForm.test(key)
}

/** The id of a new run: random, or always the same for a principal and its key. */
export function makeRunId(principalId: string, key: string | undefined): string {
  return key === undefined ? randomUUID() : `k-${hash([principalId, key]).slice(0, 32)}`
}

/** The id that a session has in the store. Nobody can name the session of another principal, whose ids begin otherwise. */
export function makeSessionId(principalId: string, name: string): string {
  return `${makeSessionPrefix(principalId)}${name}`
}

/** What the ids of all sessions of a principal begin with. */
export function makeSessionPrefix(principalId: string): string {
  return `p${hash([principalId]).slice(0, 22)}.`
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
