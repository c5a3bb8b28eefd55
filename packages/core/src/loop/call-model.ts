import { AgentError, copyError } from '../contract/errors.ts'
import { textOf, toolCallsOf } from '../contract/messages.ts'
import type { ModelReply, ModelRequest } from '../contract/model.ts'
import type { StopReason } from '../contract/result.ts'
import { type ModelStep, makeOperationId, makeOperationKey } from '../durability/operation-ids.ts'
import { maxAttempts } from '../retry/policy.ts'
import { type Attempt, type AttemptOutput, attemptModel } from './attempt.ts'
import { passedBudget } from './budget.ts'
import { firstPlace, nextPlace } from './chain.ts'
import { addAttempt, addTime, type LoopRun, leftMs, openStep } from './loop-run.ts'

/** The answer of one step, why there is none that the loop can go on with, or what broke. */
export type StepAnswer =
  | { readonly reply: ModelReply; readonly replayed: boolean; readonly stop?: undefined; readonly error?: undefined }
  | { readonly stop: StopReason; readonly reply?: ModelReply; readonly partialText?: string; readonly error?: undefined }
  | { readonly error: AgentError; readonly reply?: undefined; readonly stop?: undefined }

/**
 * Calls the model for one step: one operation for each request, as long as the attempts say so and time and budgets allow it.
 *
 * @param position - Position of its operations: the number of the step, or `closing`.
 */
export async function callModel(run: LoopRun, request: ModelRequest, position: ModelStep): Promise<StepAnswer> {
  const step = openStep(run)
  let next: NextAttempt = { reason: 'first', waitMs: 0, place: firstPlace(run) }
  for (let attempt = 1; ; attempt++) {
    const limit = leftMs(run) > 0 ? passedBudget(run, request, next.place.entry) : 'max-duration'
    if (limit !== undefined) return { stop: limit }
    const settled = await performAttempt(run, { ...next, step, attempt, request }, position)
    const answer = answerOf(run, settled, { ...next, attempt })
    if (answer !== undefined) return answer
    next = nextAttempt(run, settled, { ...next, step, attempt })
  }
}

type NextAttempt = Pick<Attempt, 'reason' | 'waitMs' | 'place'>

interface SettledAttempt {
  readonly output: AttemptOutput
  readonly replayed: boolean
  readonly key: string
}

// What ends the step; `undefined` when it needs another attempt.
function answerOf(run: LoopRun, { output, replayed, key }: SettledAttempt, { place, attempt }: Pick<Attempt, 'place' | 'attempt'>): StepAnswer | undefined {
  if (output.status === 'late') return { stop: 'max-duration', partialText: output.text }
  if (output.status === 'failed') {
    return output.retryInMs === undefined ? { error: run.liveErrors?.get(key) ?? new AgentError(output.error.message, output.error) } : undefined
  }
  run.entry = place.entry
  const stop = judge(output.reply)
  if (stop === undefined) return { reply: output.reply, replayed }
  if (stop !== 'empty') return { stop, reply: output.reply }
  const isLast = place.left.length === 0 && (run.emptyReplies > 0 || attempt >= maxAttempts)
  return isLast ? { error: copyError(emptyReply(output.reply), { attempts: attempt }) } : undefined
}

function nextAttempt(run: LoopRun, { output, replayed }: SettledAttempt, { place, step, attempt }: Pick<Attempt, 'place' | 'step' | 'attempt'>): NextAttempt {
  if (output.status === 'failed') {
    const isNextEntry = output.free !== true && place.left.length > 0
    const next = nextPlace(run, place, { code: output.error.code, free: output.free === true })
    return { reason: isNextEntry ? 'fallback' : 'retry', waitMs: output.retryInMs ?? 0, place: next }
  }
  const error = emptyReply(output.status === 'ok' ? output.reply : undefined)
  if (!replayed) run.show({ type: 'step-retry', step, attempt, delayMs: 0, error: error.toJSON() })
  // Another model may have an answer; the same one is asked again once a run.
  if (place.left.length > 0) return { reason: 'fallback', waitMs: 0, place: nextPlace(run, place, { code: error.code, free: false }) }
  run.emptyReplies++
  return { reason: 'empty-reply', waitMs: 0, place }
}

async function performAttempt(run: LoopRun, attempt: Attempt, position: ModelStep): Promise<SettledAttempt> {
  const id = makeOperationId({ type: 'model', step: position, attempt: attempt.attempt })
  const [outcome] = await run.operations.perform<AttemptOutput>([
    { id, name: 'model', effect: 'idempotent', run: (context) => attemptModel(run, attempt, context) },
  ])
  if (outcome?.status !== 'done') throw new AgentError('A model call has no outcome.', { code: 'internal', phase: 'loop' })
  const { output, replayed, ms, executions } = outcome
  addTime(run, ms)
  for (let lost = 1; lost < executions; lost++) addAttempt(run, undefined, attempt.place.entry)
  addAttempt(run, usageOf(output), attempt.place.entry)
  if (output.status === 'ok') {
    const { message, finishReason, usage } = output.reply
    run.show({ type: 'message-end', step: attempt.step, message, finishReason, usage, ms, ...(replayed && { replayed }) })
  }
  return { output, replayed, key: makeOperationKey(run.operations.runId, id) }
}

function usageOf(output: AttemptOutput): ModelReply['usage'] | undefined {
  if (output.status === 'ok') return output.reply.usage
  return output.status === 'failed' ? output.usage : undefined
}

// What the loop cannot go on with. Calls of a cut message are answered by the tool part of the loop.
function judge({ message, finishReason, atOutputLimit }: ModelReply): StopReason | 'empty' | undefined {
  if (finishReason === 'content-filter') return 'filtered'
  if (toolCallsOf(message).length > 0) return undefined
  if (finishReason === 'length' || atOutputLimit) return 'truncated'
  // A message that announces calls and has none has lost them, whatever its text.
  return textOf(message).trim() === '' || finishReason === 'tool-calls' ? 'empty' : undefined
}

function emptyReply(reply: ModelReply | undefined): AgentError {
  const reason = reply?.rawFinishReason ?? reply?.finishReason
  return new AgentError(`The model answered with neither a whole text nor tool calls (finish reason '${reason}'). It is asked again once in a run.`, {
    code: 'empty-reply',
    phase: 'finish',
    ...(reply && { usage: reply.usage }),
  })
}
