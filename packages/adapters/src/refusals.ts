import type { AgentError } from '@capstan/core'
import { invalidOptions } from '@capstan/core/internal'

/** Why a model refuses something, and what to do about it. */
export interface Reason {
  readonly because: string
  readonly instead: string
}

/** The error for something that a model does not accept. `what` is the subject of the sentence: `` `temperature` ``, `An image part`. */
export function refusedBy(model: string, what: string, { because, instead }: Reason): AgentError {
  return invalidOptions(`${what} is refused by ${model}: ${because}. To fix this, ${instead}.`)
}
