import { defaultAttempts } from '../contract/attempts.ts'
import { AgentError, copyError } from '../contract/errors.ts'
import { textOf, toolCallsOf } from '../contract/messages.ts'
import type { ModelReply, ModelRequest } from '../contract/model.ts'
import type { Outcome } from '../contract/operations.ts'
import type { RunVersion, StopReason } from '../contract/result.ts'
import { type ModelStep, makeOperationId, makeOperationKey } from '../durability/operation-ids.ts'
import type { AttemptOutput } from '../durability/records.ts'
import { type Attempt, attemptOperation } from './attempt.ts'
import { estimateRequest, passedBudget } from './budget.ts'
import { type LoopRun, leftMs } from './loop-run.ts'

/** The reply of one step, the reason why the loop cannot continue with it, or what broke. */
export type StepOutcome =
  | { readonly reply: ModelReply; readonly replayed: boolean; readonly stop?: undefined; readonly error?: undefined }
  | { readonly stop: StopReason; readonly reply?: ModelReply; readonly partialText?: string; readonly error?: undefined }
  | { readonly error: AgentError; readonly reply?: undefined; readonly stop?: undefined }

/**
 * Asks the model for one step: one operation for each request, as long as the attempts ask for another one and time and budgets allow it.
 *
 * @param position - Position of its operations: the number of the step, or `closing`.
 */
export async function requestModel(run: LoopRun, request: ModelRequest, position: ModelStep): Promise<StepOutcome> {
  const { chain, transcript, operations, ledger } = run
  chain.beginStep()
  let why: Pick<Attempt, 'reason' | 'waitMs'> = { reason: 'first', waitMs: 0 }
  for (let number = 1; ; number++) {
    // What the other children of a run spent must be known before a budget that they share is checked.
    if (run.child !== undefined) await operations.perform([])
    const charge = { modelIndex: chain.position.modelIndex, estimate: once(() => estimateRequest(run, request)) }
    const limit = leftMs(run) > 0 ? passedBudget(run, charge) : 'max-duration'
    if (limit !== undefined) return { stop: limit }
    const attempt: Attempt = { ...why, ...charge, step: transcript.currentStep, number, request, position: chain.position }
    const id = makeOperationId({ type: 'model', step: position, attempt: number })
    ledger.beginAttempt(attempt)
    // Performed here and not in another function, because each suspended function takes memory while the run waits for the model.
    const [outcome] = await operations.perform([attemptOperation(run, attempt, id)])
    const settled = settleAttempt(run, { id, outcome })
    const { output } = settled
    if (output.status === 'ok') {
      chain.recordReply()
      showMessage(run, output.reply, settled)
    }
    const end = outcomeOf(run, settled, attempt)
    if (end !== undefined) return end
    why = planNextAttempt(run, settled, attempt)
  }
}

interface SettledAttempt {
  readonly output: AttemptOutput
  readonly replayed: boolean
  readonly ms: number
  readonly key: string
}

function showMessage({ show, transcript }: LoopRun, { message, finishReason, usage }: ModelReply, { ms, replayed }: SettledAttempt): void {
  show({ type: 'message-end', step: transcript.currentStep, message, finishReason, usage, ms, ...(replayed && { replayed }) })
}

// What ends the step; `undefined` when it needs another attempt.
function outcomeOf(
  { notes, operations, transcript }: LoopRun,
  { output, replayed, key }: SettledAttempt,
  { position, number }: Attempt,
): StepOutcome | undefined {
  if (output.status === 'late') return { stop: 'max-duration', partialText: output.text }
  if (output.status === 'failed') {
    return output.retryInMs === undefined ? { error: notes.failureOf(key) ?? new AgentError(output.error.message, output.error) } : undefined
  }
  const stop = judge(output.reply, operations.version)
  if (stop === undefined) return { reply: output.reply, replayed }
  if (stop !== 'empty') return { stop, reply: output.reply }
  // Release 0.1.0 did not record it: the maximum was always the default.
  const isLastAttempt = operations.version === 1 ? number >= defaultAttempts.max : output.last === true
  const isLast = position.remaining.length === 0 && (transcript.emptyReplies > 0 || isLastAttempt)
  if (!isLast) return undefined
  // A text that announces calls and has none is not empty: it is kept, and is not a success.
  if (operations.version > 1 && textOf(output.reply.message).trim() !== '') return { stop: 'unknown-ending', reply: output.reply }
  return { error: copyError(emptyReply(output.reply), { attempts: number }) }
}

/** Moves the chain on after an attempt that the step could not end with, and says why the next request is sent. */
export function planNextAttempt(
  { chain, transcript, show }: LoopRun,
  { output, replayed }: Pick<SettledAttempt, 'output' | 'replayed'>,
  attempt: Attempt,
): Pick<Attempt, 'reason' | 'waitMs'> {
  const { step, number, position } = attempt
  if (output.status === 'failed') {
    const isFree = output.free === true
    chain.advance(output.error.code, isFree)
    return { reason: !isFree && position.remaining.length > 0 ? 'fallback' : 'retry', waitMs: output.retryInMs ?? 0 }
  }
  const error = emptyReply(output.status === 'ok' ? output.reply : undefined)
  if (!replayed) show({ type: 'step-retry', step, attempt: number, delayMs: 0, error: error.toJSON() })
  // Another model may have an answer; the same one is asked again once a run.
  if (position.remaining.length > 0) {
    chain.advance(error.code, false)
    return { reason: 'fallback', waitMs: 0 }
  }
  transcript.countEmptyReply()
  return { reason: 'empty-reply', waitMs: 0 }
}

interface PerformedAttempt {
  readonly id: string
  readonly outcome: Outcome<AttemptOutput> | undefined
}

/** Charges an attempt to the run. */
export function settleAttempt({ operations, ledger }: LoopRun, { id, outcome }: PerformedAttempt): SettledAttempt {
  if (outcome?.status !== 'done') throw new AgentError('A request to the model has no outcome.', { code: 'internal', phase: 'loop' })
  const { output, replayed, ms, executions } = outcome
  ledger.addBatchTime([outcome])
  const isUnsent = output.status === 'late' && output.unsent === true
  if (isUnsent) ledger.dropAttempt(executions - 1)
  else ledger.endAttempt(usageOf(output), executions - 1)
  if (output.status === 'ok') ledger.addReplyTime(outcome.at)
  return { output, replayed, ms, key: makeOperationKey(operations.runId, id) }
}

function usageOf(output: AttemptOutput): ModelReply['usage'] | undefined {
  if (output.status === 'ok') return output.reply.usage
  return output.status === 'failed' ? output.usage : undefined
}

// What the loop cannot continue with. Calls of a cut message are answered by the tool part of the loop.
function judge({ message, finishReason, atOutputLimit }: ModelReply, version: RunVersion): StopReason | 'empty' | undefined {
  if (finishReason === 'content-filter') return 'filtered'
  if (toolCallsOf(message).length > 0) return undefined
  if (finishReason === 'length' || atOutputLimit) return 'truncated'
  // A message that announces calls and has none has lost them, whatever its text.
  if (textOf(message).trim() === '' || finishReason === 'tool-calls') return 'empty'
  return finishReason === 'other' && version > 1 ? 'unknown-ending' : undefined
}

function emptyReply(reply: ModelReply | undefined): AgentError {
  const reason = reply?.rawFinishReason ?? reply?.finishReason
  return new AgentError(`The model replied with neither a complete text nor tool calls (finish reason '${reason}'). It is asked again once in a run.`, {
    code: 'empty-reply',
    phase: 'finish',
    ...(reply && { usage: reply.usage }),
  })
}

function once<Value>(compute: () => Value): () => Value {
  let known: { readonly value: Value } | undefined
  return () => {
    known ??= { value: compute() }
    return known.value
  }
}
