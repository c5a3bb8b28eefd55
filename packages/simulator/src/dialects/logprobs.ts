import type { JsonObject } from '../json.ts'
import type { Seeded } from '../seeded.ts'

/** What log probabilities are made from. */
export interface LogprobRequest {
  readonly seeded: Seeded
  readonly label: string
  /** `top_logprobs`; 0 gives empty lists. */
  readonly top: number
}

/** One element for each piece, with generated values that are the same for the same seed. */
export function makeLogprobs(pieces: readonly string[], request: LogprobRequest): readonly JsonObject[] {
  return pieces.map((piece, index) => {
    const value = -request.seeded.fraction(`logprob ${request.label} ${index}`) / 10
    const alternatives = Array.from({ length: Math.max(0, request.top - 1) }, (_, rank) => logprob(`${piece}${'\u200b'.repeat(rank + 1)}`, value - 4 - rank))
    const top = request.top > 0 ? [logprob(piece, value), ...alternatives] : []
    return { ...logprob(piece, value), top_logprobs: top }
  })
}

function logprob(token: string, value: number): JsonObject {
  return { token, logprob: value, bytes: [...Buffer.from(token)] }
}
