import type { ResolvedAttempts } from '../contract/attempts.ts'
import { AgentError, copyError } from '../contract/errors.ts'
import type { RunEvent, RunEventType } from '../contract/events.ts'
import type { Json } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { RunResult, RunState, RunVersion } from '../contract/result.ts'
import { compareDefinitions, type Definition } from '../durability/definition.ts'
import type { Engine } from '../durability/hosts/engine.ts'
import { EngineHost } from '../durability/hosts/engine-host.ts'
import { RecordHost } from '../durability/hosts/record-host.ts'
import type { RunHost } from '../durability/hosts/run-host.ts'
import type { OpenRun } from '../durability/journal.ts'
import { brokenRequest, type EndRecord, type RunRecord } from '../durability/records.ts'
import { resultOf, withState } from '../loop/end-run.ts'
import type { LoopAgent } from '../loop/loop-agent.ts'
import { type LoopRun, leftMs, newLoopRun } from '../loop/loop-run.ts'
import { runLoop } from '../loop/run-loop.ts'
import { describe } from '../support/describe.ts'
import { newId } from '../support/hash.ts'
import { allowManyListeners } from '../support/many-listeners.ts'
import { BoundedRun } from './bounded-run.ts'
import { type Listener, RunEvents } from './run-events.ts'
import { textStreamOf } from './text-stream.ts'

/** What a run starts with, checked by the agent. */
export interface RunStart {
  readonly agent: LoopAgent
  readonly definition: () => Definition
  /** What the records were made with. */
  readonly recordedDefinition: Definition | undefined
  /** Opens the run in a journal, which then has records and input. */
  readonly open: ((runId: string) => Promise<OpenRun>) | undefined
  /** Records the run in place of this process. */
  readonly engine: Engine | undefined
  readonly input: readonly Message[]
  readonly runId: string | undefined
  /** The version of the state that the run goes on from. */
  readonly version: RunVersion | undefined
  readonly records: readonly RunRecord[]
  readonly answers: ReadonlyMap<string, Json> | undefined
  readonly context: unknown
  readonly signal: AbortSignal | undefined
  readonly restartAfterText: boolean
  readonly attempts: ResolvedAttempts
}

/**
 * One run under way: iterate it, listen to it, or await its `result`. It starts in the next microtask, so consumers that are
 * attached in the same tick miss nothing. At most 256 events are held until the first consumer comes; then a slow iterator
 * slows the model's stream down. Do not await `result` inside a loop over the events: the run waits for the loop.
 */
export class Run<Output = unknown> implements AsyncIterable<RunEvent> {
  readonly runId: string
  readonly #events: RunEvents
  readonly #controller = new AbortController()
  readonly #recordHost: RecordHost
  /** The record host, or an engine in its place. */
  readonly #host: RunHost
  readonly #loop: LoopRun
  readonly #start: RunStart
  readonly #input: readonly Message[]
  readonly #result: Promise<RunResult>
  #journal: OpenRun | undefined
  #isSettled = false

  /** Made by `agent.stream()`. */
  constructor(start: RunStart) {
    const { agent, input, records, answers, version, context, restartAfterText, attempts } = start
    this.#start = start
    this.runId = start.runId ?? newId()
    // The caller's list may grow later; the run keeps what it was given.
    this.#input = [...input]
    this.#events = new RunEvents(this.runId, (type, error) => this.#reportListener(type, error))
    const { emit, room } = this.#events
    const { signal } = this.#controller
    // Each call of a step listens to this signal: many are no leak.
    allowManyListeners(signal)
    const host = { runId: this.runId, version, records, ...(answers && { answers }), signal, emit, room }
    this.#recordHost = new RecordHost(host)
    this.#host = start.engine === undefined ? this.#recordHost : new EngineHost(host, start.engine)
    this.#loop = newLoopRun({ agent, operations: this.#host, show: emit, context, restartAfterText, attempts }, input)
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
    this.#events.consume()
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
    this.#events.on(type, listener)
    return this
  }

  /** Removes a listener. */
  off<Type extends RunEventType>(type: Type, listener: Listener<Type>): this {
    this.#events.off(type, listener)
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
    return this.#events.iterate(() => this.abort(new DOMException('The iterator of the run was left.', 'AbortError')))
  }

  async #drive(outer: AbortSignal | undefined): Promise<RunResult> {
    const forward = (): void => this.abort(outer?.reason)
    try {
      if (outer?.aborted) forward()
      else if (outer !== undefined) {
        // One listener a run, removed at its end, and many runs on the signal of a service.
        allowManyListeners(outer)
        outer.addEventListener('abort', forward, { once: true })
      }
      const { agent } = this.#loop
      this.#events.emit({ type: 'run-start', step: 0, agent: agent.name, model: agent.model.id })
      await this.#open()
      const result = await runLoop(this.#loop)
      this.#host.checkCourse()
      this.#controller.signal.throwIfAborted()
      await this.#leave(result)
      return this.#finish(result.status === 'paused' ? withState(result, this.#state()) : result)
    } catch (thrown) {
      // The error that broke the run is the one to report, whatever the journal says about the end.
      await this.#leave({ status: 'unusable', stopReason: this.#controller.signal.aborted ? 'aborted' : 'failed' }).catch(() => {})
      throw this.#fail(thrown)
    } finally {
      outer?.removeEventListener('abort', forward)
      this.#loop.clock.end()
    }
  }

  async #open(): Promise<void> {
    const { open, recordedDefinition } = this.#start
    if (open === undefined) return this.#compare(recordedDefinition)
    this.#controller.signal.throwIfAborted()
    this.#journal = await BoundedRun.open(() => open(this.runId), { leftMs: () => leftMs(this.#loop), signal: this.#controller.signal })
    const { head } = this.#journal
    await this.#recordHost.attach(this.#journal)
    this.#loop.transcript.takeInput(head.input)
    this.#compare(head.definition)
    this.#controller.signal.throwIfAborted()
  }

  // A changed sentence is worth a word; a changed tool with a call of unknown outcome is the end.
  #compare(recorded: Definition | undefined): void {
    if (recorded === undefined) return
    const { changes, tools } = compareDefinitions(recorded, this.#start.definition())
    if (changes.length === 0) return
    const warning = { code: 'definition-changed', message: `Since this run was recorded, its agent changed: ${changes.join(', ')}.` }
    this.#loop.notes.addWarning(warning)
    this.#events.emit({ type: 'warning', step: 0, warning })
    this.#host.refuseChanged(tools)
  }

  /** Gives the run up in its journal, before anyone learns that it ended. */
  async #leave({ status, stopReason }: Pick<EndRecord, 'status' | 'stopReason'>): Promise<void> {
    const journal = this.#journal
    this.#journal = undefined
    if (journal === undefined) return
    try {
      await this.#recordHost.end({ type: 'end', id: 'end', status, stopReason })
    } finally {
      await journal.close()
    }
  }

  #finish(result: RunResult): RunResult {
    this.#isSettled = true
    const { status, stopReason, text, usage, cost, toolCalls } = result
    this.#events.end({ type: 'run-end', step: 0, status, stopReason, text, usage, ...(cost && { cost }), toolCalls })
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
    this.#events.end({ type: 'run-error', step: 0, error: error.toJSON() }, error)
    return error
  }

  #reportListener(type: RunEventType, error: unknown): void {
    const warning = { code: 'listener-threw', message: `A listener of '${type}' threw: ${describe(error)}` }
    const isNew = this.#loop.notes.addWarning(warning)
    // A listener of warnings that throws must not report itself for ever.
    if (isNew && type !== 'warning') this.#events.emit({ type: 'warning', step: this.#loop.transcript.currentStep, warning })
  }

  #errorOf(thrown: unknown): AgentError {
    const isAborted = this.#controller.signal.aborted
    const { attempt, shownText: text, shownReasoning: reasoningText } = this.#events
    if (isAborted) this.#chargeCutWork()
    // A copy: an error that is shared must not carry the result of this run.
    const error = isAborted ? abortError(this.#controller.signal.reason, attempt) : copyError(asAgentError(thrown), {})
    const state = isAborted || brokenRequest(this.#host.records) !== undefined ? this.#state() : undefined
    const value = resultOf(this.#loop, { stopReason: isAborted ? 'aborted' : 'failed', shown: { text, reasoningText }, state })
    return Object.defineProperty(error, 'result', { value, enumerable: false, configurable: true })
  }

  // An abort records nothing of what was under way, but its time and its request were spent.
  #chargeCutWork(): void {
    this.#loop.ledger.addTime(this.#host.cutMs)
    if (this.#events.attempt > 0) this.#loop.ledger.cutAttempt()
  }

  // With a journal or an engine the records are there, and only there.
  #state(): RunState | undefined {
    const { open, engine, recordedDefinition, definition } = this.#start
    if (open !== undefined || engine !== undefined) return undefined
    const { version, records } = this.#host
    return { version, runId: this.runId, definition: recordedDefinition ?? definition(), input: this.#input, records: [...records] }
  }
}

function asAgentError(thrown: unknown): AgentError {
  if (AgentError.is(thrown)) return thrown
  return new AgentError(`A defect ended the run: ${describe(thrown)}.`, { code: 'internal', phase: 'loop', cause: thrown })
}

function abortError(reason: unknown, attempts: number): AgentError {
  return new AgentError(`The run was aborted: ${describe(reason)}.`, { code: 'aborted', phase: 'loop', cause: reason, attempts })
}
