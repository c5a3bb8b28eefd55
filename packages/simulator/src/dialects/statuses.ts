import { STATUS_CODES } from 'node:http'
import type { Rejection } from '../rejection.ts'

/** The message and the usual type that a family sends for a status. */
export type Statuses = Readonly<Record<number, Omit<Rejection, 'status'>>>

/** The message that a family sends for a type of error, with any status. */
export type Types = Readonly<Record<string, string>>

/** The error for a status: the message for its type, else the one that the family sends for the status, else the standard phrase. */
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
