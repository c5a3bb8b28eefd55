import type { ResolvedAttempts } from '../contract/attempts.ts'
import { AgentError, copyError } from '../contract/errors.ts'
import type { AttemptReason, RunEvent, RunEventBody } from '../contract/events.ts'
import type { RequestOrigin } from '../contract/exchange-observer.ts'
import { assertNever } from '../contract/json.ts'
import type { Model, ModelEvent, ModelReply, ModelRequest } from '../contract/model.ts'
import type { Operation, OperationContext } from '../contract/operations.ts'
import type { AttemptOutput } from '../durability/records.ts'
import { countFailure, countSuccess, mayRetry } from '../retry/budget.ts'
import { maxRetryAfterMs, retryDelayMs } from '../retry/policy.ts'
import { describe } from '../support/describe.ts'
import { type LoopRun, leftMs } from './loop-run.ts'
import { observedModel } from './observed-model.ts'
import type { Charge } from './state/ledger.ts'
import { type ChainPosition, mayTryNextModel } from './state/model-chain.ts'

/** One request, as planned before it is sent. */
export interface Attempt extends Charge {
  readonly step: number
  /** From 1 within the step. */
  readonly number: number
  readonly reason: AttemptReason
  readonly waitMs: number
  readonly position: ChainPosition
  readonly request: ModelRequest
  /** Only of a request for a summary of the history: nothing of it is shown. */
  readonly summary?: { readonly maxOutputTokens: number }
}

/** The operation that sends one request, after its delay and with a permit of the model's limiter. */
export function attemptOperation(run: LoopRun, attempt: Attempt, id: string): Operation<AttemptOutput> {
  const { limiter } = run.chain.modelAt(attempt.modelIndex)
  return {
    id,
    name: attempt.summary === undefined ? 'model' : 'summary',
    effect: 'idempotent',
    ...(attempt.waitMs > 0 && { delayMs: Math.min(attempt.waitMs, Math.ceil(leftMs(run)) + 1) }),
    ...(limiter !== undefined && { acquire: (signal) => limiter.acquire(attempt.estimate(), signal) }),
    run: (context) => attemptModel(run, attempt, context),
  }
}

interface Reception extends Pick<OperationContext, 'signal' | 'permit' | 'emit' | 'room'> {
  readonly run: LoopRun
  readonly attempt: Attempt
  /** Text deltas that were delivered. */
  readonly shown: string[]
}

/** Sends the request once, shows what comes, and decides what a failure means. */
async function attemptModel(run: LoopRun, attempt: Attempt, context: OperationContext): Promise<AttemptOutput> {
  const shown: string[] = []
  let isSent = false
  const send = (signal: AbortSignal): Promise<ModelReply> => {
    isSent = true
    return receive({ run, attempt, shown, signal, permit: context.permit, emit: context.emit, room: context.room })
  }
  const ms = leftMs(run) - context.waitedMs
  try {
    // A delay that took all the time: nothing is sent.
    if (ms <= 0 || attempt.waitMs >= leftMs(run)) return { status: 'late', text: '', unsent: true }
    const reply = await run.clock.within(context.signal, ms, send)
    if (reply === 'late') return { status: 'late', text: shown.join('') }
    const { id, traits } = run.chain.modelAt(attempt.modelIndex)
    countSuccess(traits.retryScope ?? id)
    const isLast = run.operations.version !== 1 && attempt.number >= run.attempts.max
    return { status: 'ok', reply, ...(isLast && { last: true }) }
  } catch (thrown) {
    context.signal.throwIfAborted()
    return judgeFailure(run, attempt, { context, thrown, textShown: shown.length > 0 })
  } finally {
    if (!isSent) context.permit?.release()
  }
}

async function receive(reception: Reception): Promise<ModelReply> {
  const { run, attempt, permit, signal, emit, room: roomOf } = reception
  const model = modelOf(run, attempt)
  const options = run.tracers.length === 0 ? { signal } : { signal, origin: originOf(run, attempt) }
  emit({ type: 'attempt', step: attempt.step, attempt: attempt.number, model: model.id, reason: attempt.reason })
  const chunks = model.stream(attempt.request, options)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await chunks.next()
      signal.throwIfAborted()
      if (done) throw new AgentError(`${model.id} ended without a reply.`, { code: 'stream-truncated', phase: 'finish', retryable: true })
      const reply = deliver(reception, value)
      if (reply !== undefined) {
        permit?.release(reply.usage.totalTokens)
        return reply
      }
      const room = roomOf()
      if (room !== undefined) await room
    }
  } finally {
    cancel(chunks)
    permit?.release()
  }
}

// A summary has an output limit of its own, where the model takes one: it is not part of the prompt, so the provider's cache still has that.
function modelOf({ chain, tracers }: LoopRun, { modelIndex, summary }: Attempt): Model {
  const model = observedModel(chain.modelAt(modelIndex), tracers)
  if (summary === undefined || model.withSettings === undefined) return model
  const { maxOutputTokens = summary.maxOutputTokens } = model.traits
  try {
    return model.withSettings({ maxOutputTokens: Math.min(summary.maxOutputTokens, maxOutputTokens) })
  } catch {
    return model
  }
}

function originOf({ operations, child }: LoopRun, { step, number, summary }: Attempt): RequestOrigin {
  const path = child === undefined ? {} : { path: child.path }
  return { runId: operations.origin?.runId ?? operations.runId, ...path, step, attempt: number, ...(summary !== undefined && { summary: true }) }
}

// Not awaited, and its failure is ignored: a model that continues after its reply, or fails to stop, must not hold or break the run.
function cancel(chunks: AsyncIterator<unknown>): void {
  try {
    chunks.return?.().catch(() => {})
  } catch {
    // The reply has come, or the error that ended it is thrown already.
  }
}

/** Emits the deltas of one chunk; returns the reply if the chunk has it. */
function deliver({ run, attempt, shown, emit }: Reception, events: readonly ModelEvent[]): ModelReply | undefined {
  for (const event of events) {
    if (event.type === 'reply') return event.reply
    if (attempt.summary !== undefined && event.type !== 'warning' && event.type !== 'repaired') continue
    if (event.type === 'text-delta' && event.delta !== '') shown.push(event.delta)
    // Models warn with every request; a run says it once.
    if (event.type !== 'warning' || run.notes.addWarning(event.warning)) emit(liveEvent(attempt, event))
  }
  return undefined
}

// Written out: a spread and an assignment for each delta cost more than all the rest that is done with it. Deltas of text have all their
// fields from the beginning, also those that are assigned later: an object that grows is allocated three times.
function liveEvent({ step, number: attempt }: Attempt, event: Exclude<ModelEvent, { type: 'reply' }>): RunEventBody | RunEvent {
  switch (event.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return { type: event.type, step, attempt, delta: event.delta, operation: '', execution: 0, runId: '', seq: 0, at: 0 }
    case 'tool-call-delta': {
      const { index, toolName, delta } = event
      if (toolName === undefined) return { type: 'tool-call-delta', step, attempt, index, delta }
      return { type: 'tool-call-delta', step, attempt, index, toolName, delta }
    }
    case 'warning':
      return { type: 'warning', step, warning: event.warning }
    case 'repaired':
      return { ...event, step }
    default:
      return assertNever(event)
  }
}

interface Failure {
  readonly context: OperationContext
  readonly thrown: unknown
  readonly textShown: boolean
}

function judgeFailure(run: LoopRun, attempt: Attempt, { context, thrown, textShown }: Failure): AttemptOutput {
  const failure = AgentError.is(thrown) ? thrown : internalError(thrown)
  const { step, number } = attempt
  const isVoid = run.restartAfterText || !textShown
  const isForLoop = isLeftToLoop(run, attempt, failure)
  const plan = isForLoop ? 'no-retry' : planRetry(run, attempt, failure)
  const error = copyError(isVoid || !(failure.retryable || isForLoop) ? failure : interrupted(failure, step), {
    attempts: number,
    ...(plan === 'no-budget' &&
      isVoid && { message: `${failure.message} It was not asked again: recent failures have used up the retry budget of this endpoint.` }),
  })
  run.notes.keepFailure(context.key, error)
  const data = error.toJSON()
  const usage = error.usage && { usage: error.usage }
  if (plan === 'no-retry' || plan === 'no-budget' || !isVoid) return { status: 'failed', error: data, ...usage }
  context.emit({ type: 'step-retry', step, attempt: number, delayMs: plan.retryInMs, error: data })
  return { status: 'failed', error: data, ...usage, ...plan }
}

// The loop makes a request smaller that exceeds the context window. Release 0.1.0 left that to the adapter, which may know a way that it does not tell.
function isLeftToLoop({ operations }: LoopRun, { summary }: Attempt, { code, reworded, overflow }: AgentError): boolean {
  const isKnown = !reworded || overflow?.roomTokens !== undefined
  return code === 'context-overflow' && isKnown && operations.version !== 1 && summary === undefined
}

type RetryPlan = { readonly retryInMs: number; readonly free?: true } | 'no-retry' | 'no-budget'

// Decided here, inside the operation, and recorded: a replay knows neither the jitter nor the retry budget of the process.
function planRetry({ agent, attempts, chain }: LoopRun, { modelIndex, position }: Attempt, failure: AgentError): RetryPlan {
  if (failure.reworded || (failure.stale && !position.freeUsed)) return { retryInMs: 0, free: true }
  const model = chain.modelAt(modelIndex)
  if (failure.retryAfterMs !== undefined) model.limiter?.pause(Math.min(failure.retryAfterMs, maxRetryAfterMs))
  const scope = model.traits.retryScope ?? model.id
  if (failure.retryable) countFailure(scope)
  const mayFallBack = mayTryNextModel(failure.code)
  if (mayFallBack && position.remaining.length > 0) return { retryInMs: 0 }
  // A server may say that even a refusal is worth another try.
  const isWorthARound = failure.retryable || (mayFallBack && agent.models.length > 1)
  const isRoundLeft = position.round < attempts.max && chain.hasNextRound(position, failure.code)
  const retryInMs = isWorthARound && isRoundLeft ? roundDelayMs(failure, position, attempts) : undefined
  if (retryInMs === undefined) return 'no-retry'
  return mayRetry(scope) ? { retryInMs } : 'no-budget'
}

// With a chain, a round may follow a failure that is not worth a retry by itself.
function roundDelayMs(failure: AgentError, { round }: ChainPosition, attempts: ResolvedAttempts): number | undefined {
  return retryDelayMs(failure.retryable ? failure : copyError(failure, { retryable: true }), round, { ...attempts, random: Math.random() })
}

function interrupted(failure: AgentError, step: number): AgentError {
  return copyError(failure, {
    message:
      `The answer broke after a part of its text was delivered, so step ${step} was not started again: ${failure.message} ` +
      "The partial text is on `result.text`. Ask again, or stream with `retryAfterText: 'restart'`.",
    code: 'stream-interrupted',
    cause: failure,
  })
}

function internalError(thrown: unknown): AgentError {
  return new AgentError(`The model failed with something that is not an AgentError: ${describe(thrown)}.`, {
    code: 'internal',
    phase: 'stream',
    cause: thrown,
  })
}
