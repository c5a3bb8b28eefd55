import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { describe } from '../describe.ts'
import { AgentError, copyError } from '../errors.ts'
import type { RunEvent, RunEventBody, RunEventType } from '../events.ts'
import { MemoryHost, type RunRecord } from '../hosts/memory.ts'
import { isJsonObject, type Json } from '../json.ts'
import { type RunData, resultOf, withThrowers } from '../loop/end-run.ts'
import { addAttempt, addTime, addWarning, type LoopAgent, type LoopRun, newLoopRun, openStep } from '../loop/loop-run.ts'
import { runLoop } from '../loop/run-loop.ts'
import type { Message } from '../messages.ts'
import type { RunResult, RunState } from '../result.ts'
import { EventChannel, type Listener } from './event-channel.ts'
import { textStreamOf } from './text-stream.ts'

/** What a run starts with, checked by the agent. */
export interface RunStart {
  readonly agent: LoopAgent
  readonly input: readonly Message[]
  readonly runId: string | undefined
  readonly records: readonly RunRecord[]
  readonly answers: ReadonlyMap<string, Json>
  readonly context: unknown
  readonly signal: AbortSignal | undefined
  readonly restartAfterText: boolean
}

/**
 * One run under way: iterate it, listen to it, or await its `result`. It starts in the next microtask, so consumers that are
 * attached in the same tick miss nothing. At most 256 events are held until the first consumer comes; then a slow iterator
 * slows the model's stream down. Do not await `result` inside a loop over the events: the run waits for the loop.
 */
export class Run<Output = unknown> implements AsyncIterable<RunEvent> {
  readonly runId: string
  readonly #channel: EventChannel
  readonly #controller = new AbortController()
  readonly #host: MemoryHost
  readonly #loop: LoopRun
  readonly #input: readonly Message[]
  readonly #result: Promise<RunResult>
  readonly #partial = { text: [] as string[], reasoning: [] as string[] }
  #seq = 0
  #isSettled = false
  /** The number of the request under way, from 1; 0 between requests. */
  #openAttempt = 0

  /** Made by `agent.stream()`. */
  constructor({ agent, input, records, answers, context, restartAfterText, ...start }: RunStart) {
    this.runId = start.runId ?? randomUUID()
    // The caller's list may grow later; the run keeps what it was given.
    this.#input = [...input]
    this.#channel = new EventChannel((type, error) => this.#reportListener(type, error))
    const emit = (event: RunEventBody): void => this.#emit(event)
    const { signal } = this.#controller
    // Each call of a step listens to this signal: many are no leak.
    setMaxListeners(0, signal)
    this.#host = new MemoryHost({ runId: this.runId, records, answers, signal, emit, room: () => this.#channel.room() })
    this.#loop = newLoopRun({ agent, operations: this.#host, show: emit, context, restartAfterText, input })
    this.#result = Promise.resolve().then(() => this.#drive(start.signal))
    // Whoever watches only events must not be punished with an unhandled rejection.
    this.#result.catch(() => {})
  }

  /**
   * What the run came to.
   *
   * @throws {AgentError} What broke, with the same result so far on `result`; `aborted` after an abort.
   */
  get result(): Promise<RunResult<Output>> {
    this.#channel.consume()
    // The output was checked by the very spec that `Output` comes from.
    return this.#result as Promise<RunResult<Output>>
  }

  /**
   * The text alone. Takes the one iterator of the run. With `retryAfterText: 'restart'` text comes when its message is whole, as a
   * delta that was handed out cannot be taken back.
   */
  get textStream(): AsyncIterable<string> {
    return textStreamOf(this, this.#loop.restartAfterText)
  }

  /** Calls the listener for each event of the type. A listener that throws is contained and reported as a warning. */
  on<Type extends RunEventType>(type: Type, listener: Listener<Type>): this {
    this.#channel.on(type, listener)
    return this
  }

  /** Removes a listener. */
  off<Type extends RunEventType>(type: Type, listener: Listener<Type>): this {
    this.#channel.off(type, listener)
    return this
  }

  /** Ends the run at once, whatever its tools do. `result` rejects with code `aborted`. */
  abort(reason?: unknown): void {
    if (this.#isSettled || this.#controller.signal.aborted) return
    this.#controller.abort(reason ?? new DOMException('The run was aborted.', 'AbortError'))
    this.#host.abort(this.#controller.signal.reason)
  }

  /**
   * All events. A run has one iterator; leaving it early aborts the run.
   *
   * @throws {AgentError} `invalid-use` for a second one; what broke, after the `run-error` event.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent> {
    return this.#channel.iterate(() => this.abort(new DOMException('The iterator of the run was left.', 'AbortError')))
  }

  async #drive(outer: AbortSignal | undefined): Promise<RunResult> {
    const forward = (): void => this.abort(outer?.reason)
    if (outer?.aborted) forward()
    else outer?.addEventListener('abort', forward, { once: true })
    try {
      const { agent } = this.#loop
      this.#emit({ type: 'run-start', step: 0, agent: agent.name, model: agent.model.id })
      const result = await runLoop(this.#loop)
      this.#host.checkCourse()
      this.#controller.signal.throwIfAborted()
      return this.#finish(result.status === 'paused' ? this.#withState(result) : result)
    } catch (thrown) {
      throw this.#fail(thrown)
    } finally {
      outer?.removeEventListener('abort', forward)
    }
  }

  #finish(result: RunResult): RunResult {
    this.#isSettled = true
    const { status, stopReason, text, usage, cost, toolCalls } = result
    this.#deliver({ type: 'run-end', step: 0, status, stopReason, text, usage, ...(cost && { cost }), toolCalls })
    this.#channel.end()
    return result
  }

  // Whatever is thrown, consumers learn of the end.
  #fail(thrown: unknown): AgentError {
    let error: AgentError
    try {
      error = this.#errorOf(thrown)
    } catch (defect) {
      error = new AgentError(`A defect ended the run: ${describe(defect)}.`, { code: 'internal', phase: 'loop', cause: thrown })
    }
    this.#isSettled = true
    this.#deliver({ type: 'run-error', step: 0, error: error.toJSON() })
    this.#channel.end(error)
    return error
  }

  #emit(body: RunEventBody): void {
    if (this.#isSettled) return
    if (body.type === 'text-delta') this.#partial.text.push(body.delta)
    else if (body.type === 'reasoning-delta') this.#partial.reasoning.push(body.delta)
    else if (body.type === 'step-start' || body.type === 'step-retry') this.#forgetPartial()
    if (body.type === 'attempt') this.#openAttempt = body.attempt
    else if (body.type === 'message-end' || body.type === 'step-retry') this.#openAttempt = 0
    this.#deliver(body)
  }

  #deliver(body: RunEventBody): void {
    // The error of a tool is not enumerable: assigning keeps it, copying would drop it.
    this.#channel.push(Object.assign(body, { runId: this.runId, seq: ++this.#seq }))
  }

  #forgetPartial(): void {
    this.#partial.text.length = 0
    this.#partial.reasoning.length = 0
  }

  #reportListener(type: RunEventType, error: unknown): void {
    const warning = { code: 'listener-threw', message: `A listener of '${type}' threw: ${describe(error)}` }
    const isNew = addWarning(this.#loop, warning)
    // A listener of warnings that throws must not report itself for ever.
    if (isNew && type !== 'warning') this.#emit({ type: 'warning', step: openStep(this.#loop), warning })
  }

  #errorOf(thrown: unknown): AgentError {
    const isAborted = this.#controller.signal.aborted
    const attempts = this.#openAttempt
    if (isAborted) this.#chargeOpenWork()
    // A copy: an error that is shared must not carry the result of this run.
    const error = isAborted ? abortError(this.#controller.signal.reason, attempts) : copyError(asAgentError(thrown), {})
    const result = resultOf(this.#loop, { stopReason: isAborted ? 'aborted' : 'failed' })
    const partial = { text: this.#partial.text.join(''), reasoningText: this.#partial.reasoning.join('') }
    const value = this.#withState({ ...result, ...partial }, isAborted ? this.#host.records : resumable(this.#host.records))
    return Object.defineProperty(error, 'result', { value, enumerable: false, configurable: true })
  }

  // An abort records nothing of what was under way, but its time and its request were spent.
  #chargeOpenWork(): void {
    addTime(this.#loop, this.#host.cutMs)
    if (this.#openAttempt > 0) addAttempt(this.#loop, undefined)
  }

  #withState(result: RunData, records: readonly RunRecord[] | undefined = this.#host.records): RunResult {
    if (records === undefined) return withThrowers({ ...result })
    const state: RunState = { version: 1, runId: this.runId, input: this.#input, records: [...records] }
    return withThrowers({ ...result, state })
  }
}

function asAgentError(thrown: unknown): AgentError {
  if (AgentError.is(thrown)) return thrown
  return new AgentError(`A defect ended the run: ${describe(thrown)}.`, { code: 'internal', phase: 'loop', cause: thrown })
}

function abortError(reason: unknown, attempts: number): AgentError {
  return new AgentError(`The run was aborted: ${describe(reason)}.`, { code: 'aborted', phase: 'loop', cause: reason, attempts })
}

// A run that a request broke can go on with that request; any other failure would only be replayed.
function resumable(records: readonly RunRecord[]): readonly RunRecord[] | undefined {
  const last = records.at(-1)
  return last?.type === 'done' && last.name === 'model' && isFailed(last.output) ? records.slice(0, -1) : undefined
}

function isFailed(output: Json): boolean {
  return isJsonObject(output) && output['status'] === 'failed'
}
