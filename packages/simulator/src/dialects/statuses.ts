import { STATUS_CODES } from 'node:http'
import type { Rejection } from '../rejection.ts'

/** A rejection for a status from a family's list, or the standard words for it. */
export function fromStatusList(status: number, list: Readonly<Record<number, Omit<Rejection, 'status'>>>): Rejection {
  const known = list[status]
  if (known !== undefined) return { status, ...known }
  return { status, message: STATUS_CODES[status] ?? `status ${status}`, type: status >= 500 ? 'server_error' : 'invalid_request_error' }
}
