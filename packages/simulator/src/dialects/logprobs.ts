import type { JsonObject } from '../json.ts'
import type { Seeded } from '../seeded.ts'

/** What log probabilities are made from. */
export interface LogprobRequest {
  readonly seeded: Seeded
  readonly label: string
  /** `top_logprobs`; 0 gives empty lists. */
  readonly top: number
}

/** One entry for each piece, with made-up but repeatable values. */
export function makeLogprobs(pieces: readonly string[], request: LogprobRequest): readonly JsonObject[] {
  return pieces.map((piece, index) => {
    const logprob = -request.seeded.fraction(`logprob ${request.label} ${index}`) / 10
    const alternatives = Array.from({ length: Math.max(0, request.top - 1) }, (_, rank) => entry(`${piece}${'\u200b'.repeat(rank + 1)}`, logprob - 4 - rank))
    const top = request.top > 0 ? [entry(piece, logprob), ...alternatives] : []
    return { ...entry(piece, logprob), top_logprobs: top }
  })
}

function entry(token: string, logprob: number): JsonObject {
  return { token, logprob, bytes: [...Buffer.from(token)] }
}
