import { tokenize } from '../tokens/tokenize.ts'

const MAX_DELTAS = 4096

/**
 * Splits a text into deltas: one for each piece, and several pieces in one when there would be more than 4,096,
 * so that a megabyte of text does not become a hundred megabytes of chunks.
 */
export function splitDeltas(text: string): readonly string[] {
  const pieces = tokenize(text)
  if (pieces.length <= MAX_DELTAS) return pieces
  const size = Math.ceil(pieces.length / MAX_DELTAS)
  return Array.from({ length: Math.ceil(pieces.length / size) }, (_, index) => pieces.slice(index * size, (index + 1) * size).join(''))
}
