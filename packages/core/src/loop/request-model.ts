import { defaultAttempts } from '../contract/attempts.ts'
import { type AgentError, copyError } from '../contract/errors.ts'
import { textOf, toolCallsOf } from '../contract/messages.ts'
import type { ModelReply, ModelRequest } from '../contract/model.ts'
import type { RunVersion, StopReason } from '../contract/result.ts'
import { type ModelStep, makeOperationId } from '../durability/operation-ids.ts'
import { type Attempt, attemptOperation } from './attempt.ts'
import { estimateRequest, passedBudget } from './budget.ts'
import { type LoopRun, leftMs } from './loop-run.ts'
import { type FittedRequest, fitRefused, overflowMeasures } from './overflow-ladder.ts'
import { overflowOf } from './overflow-of.ts'
import { emptyReply, errorOf, planNextAttempt, type SettledAttempt, settleAttempt } from './settle-attempt.ts'

/** The reply of one step, the reason why the loop cannot continue with it, or what broke. */
export type StepOutcome =
  | { readonly reply: ModelReply; readonly replayed: boolean; readonly at: number | undefined; readonly stop?: undefined; readonly error?: undefined }
  | { readonly stop: StopReason; readonly reply?: ModelReply; readonly partialText?: string; readonly error?: undefined }
  | { readonly error: AgentError; readonly reply?: undefined; readonly stop?: undefined }

/**
 * Asks the model for one step: one operation for each request, as long as the attempts ask for another one and time and budgets allow it.
 *
 * @param position - Position of its operations: the number of the step, or `closing`.
 */
export async function requestModel(run: LoopRun, prepared: ModelRequest, position: ModelStep): Promise<StepOutcome> {
  const { chain, transcript, operations, ledger } = run
  chain.beginStep()
  let fitted: FittedRequest = { request: prepared, measures: overflowMeasures }
  let why: Pick<Attempt, 'reason' | 'waitMs'> = { reason: 'first', waitMs: 0 }
  for (let number = 1; ; number++) {
    // What the other children of a run spent must be known before a budget that they share is checked.
    if (run.child !== undefined) await operations.perform([])
    const { modelIndex } = chain.position
    const request = run.outputLimit.applyTo(fitted.request, { modelIndex, edits: run.history.edits.length })
    const charge = { modelIndex, estimate: once(() => estimateRequest(run, request)) }
    const limit = leftMs(run) > 0 ? passedBudget(run, charge) : 'max-duration'
    if (limit !== undefined) return { stop: limit }
    const attempt: Attempt = { ...why, ...charge, step: transcript.currentStep, number, request, position: chain.position }
    const id = makeOperationId({ type: 'model', step: position, attempt: number })
    ledger.beginAttempt(attempt)
    // Performed here and not in another function, because each suspended function takes memory while the run waits for the model.
    const [outcome] = await operations.perform([attemptOperation(run, attempt, id)])
    const settled = settleAttempt(run, attempt, { id, outcome })
    takeReply(run, settled)
    const overflow = overflowOf(settled.output, operations.version)
    if (overflow !== undefined) {
      const smaller = await fitRefused(run, { ...fitted, modelIndex, overflow })
      if (smaller === undefined) return overflowEnd(run, settled)
      fitted = smaller
      why = planSmaller(run, settled, attempt)
      continue
    }
    const end = outcomeOf(run, settled, attempt)
    if (end !== undefined) return end
    why = planNextAttempt(run, settled, attempt)
  }
}

function takeReply({ chain, show, transcript }: LoopRun, { output, ms, replayed, at }: SettledAttempt): void {
  if (output.status !== 'ok') return
  const { message, finishReason, usage } = output.reply
  chain.recordReply()
  show({ type: 'message-end', step: transcript.currentStep, message, finishReason, usage, ms, ...(replayed && { replayed, ...(at !== undefined && { at }) }) })
}

// A run with complete steps ends with what it has: all of it is on the result.
function overflowEnd({ transcript, notes, show }: LoopRun, settled: SettledAttempt): StepOutcome {
  const error = errorOf(notes, settled)
  if (transcript.steps.length === 0) return { error }
  const warning = { code: 'context-overflow', message: `Nothing that is sent can be made shorter: ${error.message}` }
  if (notes.addWarning(warning)) show({ type: 'warning', step: transcript.currentStep, warning })
  return { stop: 'context-overflow' }
}

function planSmaller({ show }: LoopRun, { output, replayed }: SettledAttempt, { step, number }: Attempt): Pick<Attempt, 'reason' | 'waitMs'> {
  if (output.status === 'failed' && !replayed) show({ type: 'step-retry', step, attempt: number, delayMs: 0, error: output.error })
  return { reason: 'overflow', waitMs: 0 }
}

// What ends the step; `undefined` when it needs another attempt.
function outcomeOf({ notes, operations, transcript }: LoopRun, settled: SettledAttempt, { position, number }: Attempt): StepOutcome | undefined {
  const { output, replayed, at } = settled
  if (output.status === 'late') return { stop: 'max-duration', partialText: output.text }
  if (output.status === 'failed') return output.retryInMs === undefined ? { error: errorOf(notes, settled) } : undefined
  const stop = judge(output.reply, operations.version)
  if (stop === undefined) return { reply: output.reply, replayed, at }
  if (stop !== 'empty') return { stop, reply: output.reply }
  // Release 0.1.0 did not record it: the maximum was always the default.
  const isLastAttempt = operations.version === 1 ? number >= defaultAttempts.max : output.last === true
  const isLast = position.remaining.length === 0 && (transcript.emptyReplies > 0 || isLastAttempt)
  if (!isLast) return undefined
  // A text that announces calls and has none is not empty: it is kept, and is not a success.
  if (operations.version > 1 && textOf(output.reply.message).trim() !== '') return { stop: 'unknown-ending', reply: output.reply }
  return { error: copyError(emptyReply(output.reply), { attempts: number }) }
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

function once<Value>(compute: () => Value): () => Value {
  let known: { readonly value: Value } | undefined
  return () => {
    known ??= { value: compute() }
    return known.value
  }
}
