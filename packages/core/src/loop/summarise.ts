import { textOf, user } from '../contract/messages.ts'
import type { ModelReply, ModelRequest, ToolChoice } from '../contract/model.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import { summaryInstruction } from '../history/instruction.ts'
import { roomOf } from '../history/plan-edit.ts'
import type { Split } from '../history/replace-steps.ts'
import { charactersOf } from '../history/sizes.ts'
import { type Attempt, attemptOperation } from './attempt.ts'
import { passedBudget } from './budget.ts'
import { type LoopRun, leftMs } from './loop-run.ts'
import { planNextAttempt, settleAttempt } from './settle-attempt.ts'

/** How often a summary is asked for: a second one must be shorter. */
const maxRequests = 2
/** A summary must be shorter than this part of what it replaces. */
const maxShare = 0.5

/**
 * Asks the model for a summary, with the same prefix as the request of the step, so that the provider's cache has it. Calls in its answer are
 * not run, and nothing of it is shown.
 *
 * @returns The text; `undefined` where the model gave none that can be used, or a limit of the run or the context window leaves no room.
 */
export async function askForSummary(run: LoopRun, request: ModelRequest, split: Split): Promise<string | undefined> {
  const { rules } = run.history
  const maxCharacters = maxShare * split.replaced.reduce((total, message) => total + charactersOf(message), 0)
  const { currentStep } = run.transcript
  // A step may ask a second time, after the endpoint refused its request as too long.
  let attempts = run.history.summaryAttemptsAt(currentStep)
  for (let round = 1; round <= maxRequests; round++) {
    const message = user(summaryInstruction(rules?.summary.instruction, round > 1))
    const answer = await requestSummary(run, { ...summaryRequest(run, request), messages: [...request.messages, message] }, attempts)
    attempts = answer.attempts
    run.history.countSummaryAttempts(currentStep, attempts)
    if (answer.reply === undefined) return undefined
    const text = textOf(answer.reply.message).trim()
    if (isComplete(answer.reply) && text !== '' && text.length <= maxCharacters) return text
  }
  return undefined
}

function isComplete({ finishReason, atOutputLimit }: ModelReply): boolean {
  return !atOutputLimit && finishReason !== 'length' && finishReason !== 'content-filter'
}

// A response format would ask for something other than a summary, and `required` for a call.
function summaryRequest({ chain }: LoopRun, request: ModelRequest): ModelRequest {
  const { responseFormat: _, toolChoice, ...same } = request
  const choice: ToolChoice | undefined = toolChoice !== 'required' ? toolChoice : chain.takes('auto') ? 'auto' : undefined
  return { ...same, ...(choice !== undefined && { toolChoice: choice }) }
}

interface SummaryAnswer {
  readonly reply?: ModelReply
  /** Requests that were sent for summaries of this step. */
  readonly attempts: number
}

// As for a step: one operation for each request, as long as the attempts ask for another one and time and budgets allow it.
async function requestSummary(run: LoopRun, request: ModelRequest, before: number): Promise<SummaryAnswer> {
  const { chain, transcript, operations, ledger, history, config } = run
  chain.beginStep()
  const { reserve } = roomOf(config.models)
  const maxOutputTokens = Math.min(history.rules?.summary.maxOutputTokens ?? reserve, reserve)
  let why: Pick<Attempt, 'reason' | 'waitMs'> = { reason: 'summary', waitMs: 0 }
  for (let number = before + 1; ; number++) {
    // As before any request of a child.
    if (run.child !== undefined) await operations.perform([])
    const charge = { modelIndex: chain.position.modelIndex, estimate: () => history.tokens + maxOutputTokens }
    if (leftMs(run) <= 0 || passedBudget(run, charge) !== undefined) return { attempts: number - 1 }
    const attempt: Attempt = { ...why, ...charge, step: transcript.currentStep, number, request, position: chain.position, summary: { maxOutputTokens } }
    const id = makeOperationId({ type: 'summary', step: transcript.currentStep, attempt: number })
    ledger.beginAttempt(attempt)
    const [outcome] = await operations.perform([attemptOperation(run, attempt, id)])
    const { output, replayed } = settleAttempt(run, attempt, { id, outcome })
    if (output.status === 'ok') {
      chain.recordReply()
      return { reply: output.reply, attempts: number }
    }
    if (output.status === 'late' || output.retryInMs === undefined) return { attempts: number }
    why = planNextAttempt(run, { output, replayed }, attempt)
  }
}
