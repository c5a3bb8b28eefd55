import { AgentError } from '../contract/errors.ts'
import type { ModelReply } from '../contract/model.ts'
import type { Outcome } from '../contract/operations.ts'
import type { RunVersion } from '../contract/result.ts'
import { makeOperationKey } from '../durability/operation-ids.ts'
import type { AttemptOutput } from '../durability/records.ts'
import type { Attempt } from './attempt.ts'
import type { LoopRun } from './loop-run.ts'
import { overflowOf } from './overflow-of.ts'

/** An attempt that has an outcome. */
export interface SettledAttempt {
  readonly output: AttemptOutput
  readonly replayed: boolean
  /** When it ended; unknown in runs of release 0.1.0. */
  readonly at: number | undefined
  readonly ms: number
  readonly key: string
}

interface PerformedAttempt {
  readonly id: string
  readonly outcome: Outcome<AttemptOutput> | undefined
}

/** Charges an attempt to the run. */
export function settleAttempt(run: LoopRun, attempt: Attempt, { id, outcome }: PerformedAttempt): SettledAttempt {
  const { operations, ledger } = run
  if (outcome?.status !== 'done') throw new AgentError('A request to the model has no outcome.', { code: 'internal', phase: 'loop' })
  const { output, replayed, ms, executions, at } = outcome
  if (output.status === 'ok') addCacheUse(run, attempt, output.reply.usage)
  ledger.addBatchTime([outcome])
  const isUnsent = output.status === 'late' && output.unsent === true
  if (isUnsent) ledger.dropAttempt(executions - 1)
  else if (isRefused(output, operations.version)) ledger.refuseAttempt(executions - 1)
  else ledger.endAttempt(usageOf(output), executions - 1)
  if (output.status === 'ok') ledger.addReplyTime(at)
  return { output, replayed, at, ms, key: makeOperationKey(operations.runId, id) }
}

// An endpoint that refuses a request as too long has not asked its model.
function isRefused(output: AttemptOutput, version: RunVersion): boolean {
  return overflowOf(output, version) !== undefined && output.status === 'failed' && output.error['status'] !== undefined && output.usage === undefined
}

// Before the time of this request is added: it depends on how long the model was not asked before.
function addCacheUse({ cacheUse, config, history, ledger }: LoopRun, { step, modelIndex, request }: Attempt, usage: ModelReply['usage']): void {
  const { inputTokens, cachedInputTokens: cachedTokens } = usage
  const { prices, cacheLifetimeMs = Number.POSITIVE_INFINITY } = config.models[modelIndex] ?? {}
  const isCold = ledger.idleMs > cacheLifetimeMs
  cacheUse.add({ step, modelIndex, request, edits: history.edits, inputTokens, cachedTokens, prices, isCold })
}

function usageOf(output: AttemptOutput): ModelReply['usage'] | undefined {
  if (output.status === 'ok') return output.reply.usage
  return output.status === 'failed' ? output.usage : undefined
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

/** The error of a failed attempt: the original one where this process has it. */
export function errorOf(notes: LoopRun['notes'], { output, key }: SettledAttempt): AgentError {
  const known = notes.failureOf(key)
  if (known !== undefined) return known
  if (output.status !== 'failed') throw new RangeError('Only a failed attempt has an error.')
  return new AgentError(output.error.message, output.error)
}

/** The error of a reply with neither text nor calls. */
export function emptyReply(reply: ModelReply | undefined): AgentError {
  const reason = reply?.rawFinishReason ?? reply?.finishReason
  return new AgentError(`The model replied with neither a complete text nor tool calls (finish reason '${reason}'). It is asked again once in a run.`, {
    code: 'empty-reply',
    phase: 'finish',
    ...(reply && { usage: reply.usage }),
  })
}
