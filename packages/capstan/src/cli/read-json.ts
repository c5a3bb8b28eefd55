import type { Json } from '@capstan/core'
import { parseExactly } from '@capstan/core/internal'

/**
 * Reads JSON that a person typed.
 *
 * @throws {Error} If it is not JSON, or if a number in it would change.
 */
export function readJson(text: string): Json {
  const read = parse(text)
  if ('value' in read) return read.value
  throw new Error(`It has numbers that would change. Write them as strings:\n${read.problems.join('\n')}`)
}

function parse(text: string): ReturnType<typeof parseExactly> {
  try {
    return parseExactly(text, {})
  } catch (error) {
    throw new Error(`It is not valid JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
