import type { Dialect } from '../dialects/dialect.ts'
import type { Rejection } from '../rejection.ts'

/** Checks the Bearer key. @returns The refusal with status 401, or `undefined` when the key is right. */
export function authenticate(authorization: string | undefined, apiKey: string | undefined, dialect: Dialect): Rejection | undefined {
  const key = /^Bearer +(\S.*)$/i.exec(authorization ?? '')?.[1]?.trim()
  const isRight = key !== undefined && (apiKey === undefined || key === apiKey)
  return isRight ? undefined : dialect.unauthenticated(key)
}
