import type { ProviderError } from './error-body.ts'
import { type ErrorClass, type ErrorRow, errorRows, unknownClass } from './error-rows.ts'

/** The class of an error, and the row of the table that decided; no row where only the kind of the status did. */
export interface Classified extends ErrorClass {
  readonly row: ErrorRow | undefined
}

/**
 * Decides what an error response means.
 *
 * @param status - The HTTP status; 0 for an error that came with a 200.
 */
export function classifyError(status: number, error: ProviderError): Classified {
  const row = errorRows.find((candidate) => fits(candidate, status, error))
  if (row !== undefined) return { ...row.means, row }
  // A relay that answers 200 often puts the upstream's status into the code.
  if (status === 0 && /^[45]\d\d$/.test(error.code)) return classifyError(Number(error.code), { ...error, code: '' })
  return { ...unknownClass(status), row: undefined }
}

function fits({ statuses, words, types, text }: ErrorRow, status: number, error: ProviderError): boolean {
  const type = error.type.toLowerCase()
  const code = error.code.toLowerCase()
  if (statuses !== undefined && !statuses.includes(status)) return false
  if (words !== undefined && !words.includes(type) && !words.includes(code)) return false
  if (types !== undefined && !types.includes(type)) return false
  return text === undefined || text.test(error.message)
}
