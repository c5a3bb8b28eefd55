import { STATUS_CODES } from 'node:http'
import type { Rejection } from '../rejection.ts'

/** What a family says for a status, with the type that is its usual one. */
export type Statuses = Readonly<Record<number, Omit<Rejection, 'status'>>>

/** What a family says for a type of error, whatever the status. */
export type Types = Readonly<Record<string, string>>

/** A rejection for a status from a family's list, or the standard words for it; the words of a type come first. */
export function fromStatusList(
  status: number,
  list: Statuses,
  { type, types = {} }: { readonly type?: string | undefined; readonly types?: Types } = {},
): Rejection {
  const typed = type === undefined ? undefined : types[type]
  if (typed !== undefined) return { status, message: typed, type }
  const known = list[status]
  if (known !== undefined) return { status, ...known }
  return { status, message: STATUS_CODES[status] ?? `status ${status}`, type: status >= 500 ? 'server_error' : 'invalid_request_error' }
}
