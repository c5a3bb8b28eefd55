import { canonicalJson, type Json } from '../contract/json.ts'
import type { PendingQuestion } from '../contract/result.ts'
import { hashText } from '../support/hash.ts'
import { makeOperationId } from './operation-ids.ts'
import type { QuestionRecord, RunRecord, StartOutput } from './records.ts'

/** Where a question belongs. */
export interface QuestionOrigin {
  /** The random value that the run recorded when it began; `undefined` for runs of release 0.1.0. */
  readonly random: string | undefined
  readonly position: string
  readonly about: Json
}

/**
 * Makes the public id of a question from the random value of its run, its position, and a hash of what is shown. Whoever names the id
 * names exactly this question. Questions of runs that release 0.1.0 began keep the position as their id.
 *
 * @returns `q` and 22 characters of base64url that hold 128 bits of a SHA-256: they fit a URL and a command line.
 */
export function makeQuestionId({ random, position, about }: QuestionOrigin): string {
  if (random === undefined) return position
  return `q${hashText(JSON.stringify([random, position, hashAbout(about)]), 'base64url').slice(0, 22)}`
}

/** The hash that binds a decision to what was asked, whatever the order of keys: 32 hexadecimal digits. */
export function hashAbout(about: Json): string {
  return hashText(canonicalJson(about), 'hex').slice(0, 32)
}

/** The random value that a run recorded when it began; `undefined` for runs of release 0.1.0. */
export function randomOf(records: readonly RunRecord[]): string | undefined {
  const id = makeOperationId({ type: 'start' })
  const start = records.find((record) => record.type === 'done' && record.id === id)
  // Recorded by the operation `start`.
  return start?.type === 'done' ? (start.output as unknown as StartOutput).random : undefined
}

/** A recorded question as people see it. */
export function questionIn({ id: position, about, askedAt, expiresInMs }: QuestionRecord, random: string | undefined): PendingQuestion {
  const times = { ...(askedAt !== undefined && { askedAt }), ...(expiresInMs !== undefined && { expiresInMs }) }
  return { id: makeQuestionId({ random, position, about }), position, about, ...times }
}

/** When a question expires, in milliseconds since the Unix epoch; `undefined` for never. */
export function expiryOf({ askedAt, expiresInMs }: Pick<PendingQuestion, 'askedAt' | 'expiresInMs'>): number | undefined {
  return askedAt === undefined || expiresInMs === undefined ? undefined : askedAt + expiresInMs
}
