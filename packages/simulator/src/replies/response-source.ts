import { offlineReply } from '../offline/offline-reply.ts'
import { checkReply } from '../options/check-options.ts'
import type { SimulatedRequest, SimulatorOptions } from '../options/options.ts'
import { setupError } from '../rejection.ts'
import { type PlannedResponse, refusedResponse, responseFromReply, responseFromScript } from './planned-response.ts'

const MAX_KEPT_PROBLEMS = 100

/** Chooses the response of each request, and remembers what went wrong for `assertDone`. */
export class ResponseSource {
  readonly #script: SimulatorOptions['script']
  readonly #respond: SimulatorOptions['respond']
  /** Requests that needed a scripted reply, those after its end included. */
  #scripted = 0
  readonly #problems: string[] = []
  #problemCount = 0

  constructor({ script, respond }: Pick<SimulatorOptions, 'script' | 'respond'>) {
    this.#script = script
    this.#respond = respond
  }

  /**
   * The response to a request that passed all checks: from `respond`, else from the script, else, without a script, from the offline model.
   *
   * @throws If `respond` throws, or returns what is not a reply.
   */
  next(request: SimulatedRequest, thinking: boolean): PlannedResponse {
    const chosen: unknown = this.#respond?.(request)
    if (chosen !== undefined) {
      checkReply(chosen)
      return responseFromScript(chosen)
    }
    if (this.#script === undefined) return responseFromReply(offlineReply(request.body, thinking))
    this.#scripted += 1
    const scripted = this.#script[this.#scripted - 1]
    return scripted === undefined ? this.#unexpected(request, this.#script.length) : responseFromScript(scripted)
  }

  /** Remembers a problem for `assertDone`. */
  addProblem(problem: string): void {
    this.#problemCount += 1
    if (this.#problems.length < MAX_KEPT_PROBLEMS) this.#problems.push(problem)
  }

  /** @throws {Error} If scripted replies are left, or there were problems. */
  assertDone(): void {
    const left = (this.#script?.length ?? 0) - this.#scripted
    const unsaid = this.#problemCount - this.#problems.length
    const found = [
      ...this.#problems,
      ...(unsaid > 0 ? [`There were ${unsaid} more problems.`] : []),
      ...(left > 0 ? [`${left} scripted ${left === 1 ? 'reply was' : 'replies were'} never requested.`] : []),
    ]
    if (found.length > 0) throw new Error(`The simulator is not done: ${found.join(' ')}`)
  }

  #unexpected({ index }: SimulatedRequest, replies: number): PlannedResponse {
    const number = index + 1
    // Refused requests, and those that `respond` replied to, need no scripted reply.
    const needed = this.#scripted === number ? '' : `, and this is number ${this.#scripted} of the requests that needed one`
    const message = `Request ${number} was not expected: the script has ${replies} ${replies === 1 ? 'reply' : 'replies'}${needed}.`
    this.addProblem(message)
    return refusedResponse(setupError(message, 'script_exhausted'))
  }
}
