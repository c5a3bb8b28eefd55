import { offlineReply } from '../offline/offline-reply.ts'
import type { ScriptedReply, SimulatedRequest } from '../options.ts'
import { type Answer, answerFromReply, answerFromScript } from './answer.ts'

/** Where answers come from, and what went wrong with asking. */
export interface AnswerSource {
  /** The answer to a request that passed all checks. */
  next(request: SimulatedRequest, thinking: boolean): Answer
  /** Remembers a problem for `assertDone`. */
  addProblem(problem: string): void
  /** @throws {Error} If replies are left, or there were problems. */
  assertDone(): void
}

/** Asks `respond` first, then the script; without a script, the offline model. */
export function createAnswerSource(
  script: readonly ScriptedReply[] | undefined,
  respond: ((request: SimulatedRequest) => ScriptedReply | undefined) | undefined,
): AnswerSource {
  let used = 0
  const problems: string[] = []

  function fromScript(replies: readonly ScriptedReply[], request: SimulatedRequest): Answer {
    const scripted = replies[used]
    if (scripted !== undefined) {
      used += 1
      return answerFromScript(scripted)
    }
    const message = `Request ${request.index + 1} was not expected: the script has ${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}, and all are used.`
    problems.push(message)
    return answerFromScript({ status: 500, body: { error: { message, type: 'script_exhausted', param: null, code: 'script_exhausted' } } })
  }

  return {
    next(request, thinking) {
      const chosen = respond?.(request)
      if (chosen !== undefined) return answerFromScript(chosen)
      if (script !== undefined) return fromScript(script, request)
      return answerFromReply(offlineReply(request.body, thinking))
    },
    addProblem(problem) {
      problems.push(problem)
    },
    assertDone() {
      const left = (script?.length ?? 0) - used
      const all = left > 0 ? [...problems, `${left} scripted ${left === 1 ? 'reply was' : 'replies were'} never asked for.`] : problems
      if (all.length > 0) throw new Error(`The simulator is not done: ${all.join(' ')}`)
    },
  }
}
