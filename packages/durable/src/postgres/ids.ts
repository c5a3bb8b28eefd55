import { createHash } from 'node:crypto'
import { AgentError } from '@capstan/core'

const maxIdBytes = 1_024

/** @throws {AgentError} `invalid-options` for an id that the database cannot keep as it is. */
export function checkId(id: string): void {
  const bytes = Buffer.byteLength(id)
  if (id !== '' && bytes <= maxIdBytes && !id.includes('\0') && id.isWellFormed()) return
  throw new AgentError(
    `The id of a run or session in PostgreSQL has 1 to ${maxIdBytes} bytes in UTF-8, no character U+0000 and no single surrogate. This one has ${bytes} bytes.`,
    { code: 'invalid-options' },
  )
}

/** What the id of a value is stored as: an id may have any length and any character. */
export function hashOf(id: string): string {
  return createHash('sha256').update(JSON.stringify(id)).digest('hex')
}
