import { AgentError } from '../errors.ts'
import { textOf, toolCallsOf } from '../messages.ts'
import type { ModelReply, ModelRequest } from '../model.ts'
import type { StopReason } from '../result.ts'
import { type Attempt, type AttemptOutput, attemptModel } from './attempt.ts'
import { addAttempt, addTime, type LoopRun } from './loop-run.ts'

/** The answer of one step, or why there is none that the loop can go on with. */
export type StepAnswer =
  | { readonly reply: ModelReply; readonly replayed: boolean; readonly stop?: undefined }
  | { readonly stop: StopReason; readonly reply?: ModelReply; readonly partialText?: string }

/**
 * Calls the model for one step: one operation for each request, as long as the attempts say so.
 *
 * @throws {AgentError} What the last attempt failed with, or `empty-reply`.
 */
export async function callModel(run: LoopRun, request: ModelRequest): Promise<StepAnswer> {
  const step = run.steps.length + 1
  let next: Pick<Attempt, 'reason' | 'waitMs'> = { reason: 'first', waitMs: 0 }
  for (let attempt = 1; ; attempt++) {
    const settled = await performAttempt(run, { ...next, step, attempt, request })
    const answer = answerOf(settled)
    if (answer !== undefined) return answer
    next = nextAttempt(run, settled, { step, attempt })
  }
}

interface SettledAttempt {
  readonly output: AttemptOutput
  readonly replayed: boolean
  readonly key: string
}

// What ends the step; `undefined` when it needs another attempt.
function answerOf({ output, replayed }: SettledAttempt): StepAnswer | undefined {
  if (output.status === 'late') return { stop: 'max-duration', partialText: output.text }
  if (output.status === 'failed') return undefined
  const stop = judge(output.reply)
  if (stop === 'empty') return undefined
  return stop === undefined ? { reply: output.reply, replayed } : { stop, reply: output.reply }
}

function nextAttempt(
  run: LoopRun,
  { output, replayed, key }: SettledAttempt,
  { step, attempt }: { step: number; attempt: number },
): Pick<Attempt, 'reason' | 'waitMs'> {
  if (output.status === 'failed') {
    if (output.retryInMs !== undefined) return { reason: 'retry', waitMs: output.retryInMs }
    throw withAttempts(run.liveErrors.get(key) ?? new AgentError(output.error.message, output.error), attempt)
  }
  const error = emptyReply(output.status === 'ok' ? output.reply : undefined)
  if (run.emptyReplies++ > 0) throw withAttempts(error, attempt)
  if (!replayed) run.show({ type: 'step-retry', step, attempt, delayMs: 0, error: error.toJSON() })
  return { reason: 'empty-reply', waitMs: 0 }
}

async function performAttempt(run: LoopRun, attempt: Attempt): Promise<SettledAttempt> {
  const id = `steps/${attempt.step}/model/${attempt.attempt}`
  const [outcome] = await run.operations.perform<AttemptOutput>([
    { id, name: 'model', effect: 'idempotent', run: (context) => attemptModel(run, attempt, context) },
  ])
  if (outcome?.status !== 'done') throw new AgentError('A model call has no outcome.', { code: 'internal', phase: 'loop' })
  const { output, replayed, ms, executions } = outcome
  addTime(run, ms)
  for (let lost = 1; lost < executions; lost++) addAttempt(run, undefined)
  addAttempt(run, output.status === 'ok' ? output.reply.usage : output.status === 'failed' ? output.usage : undefined)
  if (output.status === 'ok') {
    const { message, finishReason, usage } = output.reply
    run.show({ type: 'message-end', step: attempt.step, message, finishReason, usage, ms, ...(replayed && { replayed }) })
  }
  return { output, replayed, key: `${run.operations.runId}/${id}` }
}

// What the loop cannot go on with. Calls of a cut message are answered by the tool part of the loop.
function judge({ message, finishReason }: ModelReply): StopReason | 'empty' | undefined {
  if (finishReason === 'content-filter') return 'filtered'
  if (toolCallsOf(message).length > 0) return undefined
  if (finishReason === 'length') return 'truncated'
  return textOf(message).trim() === '' ? 'empty' : undefined
}

function emptyReply(reply: ModelReply | undefined): AgentError {
  const reason = reply?.rawFinishReason ?? reply?.finishReason
  return new AgentError(`The model answered with neither text nor tool calls (finish reason '${reason}'). It is asked again once in a run.`, {
    code: 'empty-reply',
    phase: 'finish',
    ...(reply && { usage: reply.usage }),
  })
}

function withAttempts(error: AgentError, attempts: number): AgentError {
  return Object.assign(error, { attempts })
}
