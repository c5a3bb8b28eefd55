import { describe } from '../describe.ts'
import { AgentError, type ErrorData } from '../errors.ts'
import type { AttemptReason, RunEventBody } from '../events.ts'
import type { ModelEvent, ModelReply, ModelRequest, Warning } from '../model.ts'
import type { OperationContext } from '../operations.ts'
import { retryDelayMs, sleep } from '../retry.ts'
import type { Usage } from '../usage.ts'
import type { LoopRun } from './loop-run.ts'
import { withinTime } from './within-time.ts'

/** What is recorded of one request. A failure is a value; `retryInMs` says that the loop shall try again. */
export type AttemptOutput =
  | { readonly status: 'ok'; readonly reply: ModelReply }
  | { readonly status: 'failed'; readonly error: ErrorData; readonly usage?: Usage; readonly retryInMs?: number }
  /** The time limit of the run came first; `text` is what had come by then. */
  | { readonly status: 'late'; readonly text: string }

export interface Attempt {
  readonly step: number
  /** From 1 within the step. */
  readonly attempt: number
  readonly reason: AttemptReason
  readonly waitMs: number
  readonly request: ModelRequest
}

/** Waits as told, sends the request once, shows what comes, and decides what a failure means. */
export async function attemptModel(run: LoopRun, attempt: Attempt, context: OperationContext): Promise<AttemptOutput> {
  const shown: string[] = []
  try {
    const leftMs = run.agent.limits.durationMs - run.activeMs
    const reply = await withinTime(leftMs, context.signal, (signal) => receive(run, attempt, { ...context, signal, shown, warnings: run.warnings }))
    return reply === 'late' ? { status: 'late', text: shown.join('') } : { status: 'ok', reply }
  } catch (thrown) {
    context.signal.throwIfAborted()
    return judgeFailure(run, attempt, { context, thrown, textShown: shown.length > 0 })
  }
}

interface Reception extends OperationContext {
  /** Text deltas that were delivered. */
  readonly shown: string[]
  readonly warnings: Warning[]
}

async function receive(run: LoopRun, attempt: Attempt, context: Reception): Promise<ModelReply> {
  const { model } = run.agent
  if (attempt.waitMs > 0) await sleep(attempt.waitMs, context.signal)
  context.emit({ type: 'attempt', step: attempt.step, attempt: attempt.attempt, model: model.id, reason: attempt.reason })
  let reply: ModelReply | undefined
  for await (const events of model.stream(attempt.request, { signal: context.signal })) {
    reply = deliver(events, attempt, context) ?? reply
    const room = context.room()
    if (room !== undefined) await room
  }
  if (reply !== undefined) return reply
  throw new AgentError(`${model.id} ended without a reply.`, { code: 'stream-truncated', phase: 'finish', retryable: true })
}

/** Shows what came in one chunk; returns the reply if it came with it. */
function deliver(events: readonly ModelEvent[], attempt: Attempt, { shown, warnings, emit }: Reception): ModelReply | undefined {
  let reply: ModelReply | undefined
  for (const event of events) {
    if (event.type === 'text-delta') shown.push(event.delta)
    if (event.type === 'warning') warnings.push(event.warning)
    if (event.type === 'reply') reply = event.reply
    else emit(liveEvent(attempt, event))
  }
  return reply
}

function liveEvent({ step, attempt }: Attempt, event: Exclude<ModelEvent, { type: 'reply' }>): RunEventBody {
  return event.type === 'warning' ? { type: 'warning', step, warning: event.warning } : { ...event, step, attempt }
}

interface Failure {
  readonly context: OperationContext
  readonly thrown: unknown
  readonly textShown: boolean
}

function judgeFailure(run: LoopRun, { step, attempt }: Attempt, { context, thrown, textShown }: Failure): AttemptOutput {
  let error = AgentError.is(thrown) ? thrown : internalError(thrown)
  const usage = error.usage
  let retryInMs = retryDelayMs(error, attempt, Math.random())
  if (retryInMs !== undefined && textShown && !run.restartAfterText) {
    retryInMs = undefined
    error = new AgentError(
      `The answer broke after a part of its text was delivered, so step ${step} was not started again: ${error.message} ` +
        "The partial text is on `result.text`. Ask again, or stream with `retryAfterText: 'restart'`.",
      { code: 'stream-interrupted', phase: 'stream', retryable: true, cause: error },
    )
  }
  run.liveErrors.set(context.key, error)
  const data = error.toJSON()
  if (retryInMs !== undefined) context.emit({ type: 'step-retry', step, attempt, delayMs: retryInMs, error: data })
  return { status: 'failed', error: data, ...(usage && { usage }), ...(retryInMs !== undefined && { retryInMs }) }
}

function internalError(thrown: unknown): AgentError {
  return new AgentError(`The model failed with something that is not an AgentError: ${describe(thrown)}.`, { code: 'internal', phase: 'stream', cause: thrown })
}
