import type { Json } from '@capstan/core'

/** What a refusal has beside its status, code and message. */
export interface RefusalDetails {
  /** Seconds after which the same request may succeed. */
  readonly retryAfterSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The run that is in the way. */
  readonly runId?: string
  /** What was decided about the question already. */
  readonly decided?: Json
  readonly cause?: unknown
}

/** A request that is not served: thrown anywhere below a route, and made a response in one place. Its message is shown to the client. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly status: number
  /** A stable name for programs. */
  readonly code: string
  readonly details: RefusalDetails

  constructor(status: number, [code, message]: readonly [code: string, message: string], details: RefusalDetails = {}) {
    super(message, { cause: details.cause })
    this.status = status
    this.code = code
    this.details = details
  }
}

/** The one answer for a run that is not there, and for a run of somebody else: they must not differ. */
export function noSuchRun(): Refusal {
  return new Refusal(404, ['run-not-found', 'There is no such run.'])
}

/** The answer for a field of the body, or a parameter, that is wrong. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, ['invalid-request', message])
}
