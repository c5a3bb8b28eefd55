import { AgentError, copyError } from '../contract/errors.ts'
import type { RunEvent, RunEventType } from '../contract/events.ts'
import type { Message } from '../contract/messages.ts'
import type { Warning } from '../contract/model.ts'
import type { PartialOutput } from '../contract/output.ts'
import type { RunResult, RunState, SessionPosition } from '../contract/result.ts'
import { compareDefinitions, type Definition, formOf } from '../durability/definition.ts'
import { stopRequest } from '../durability/hosts/batch.ts'
import { RecordHost } from '../durability/hosts/record-host.ts'
import type { HostOptions, RunHost } from '../durability/hosts/run-host.ts'
import { brokenRequest } from '../durability/records.ts'
import type { LoopRun } from '../loop/loop-run.ts'
import { asAgentError } from '../support/as-agent-error.ts'
import { describe } from '../support/describe.ts'
import { newId } from '../support/hash.ts'
import { allowManyListeners } from '../support/many-listeners.ts'
import { cutChildren } from './cut-children.ts'
import { partsOf } from './event-parts.ts'
import { followSignal } from './follow-signal.ts'
import { type LoopParts, loadAgents, loadedHost, loadedLoop, loadHost, loadLoop, runAgents, type StartedLoop } from './load-loop.ts'
import { loadSession } from './load-session.ts'
import { runEnd } from './run-end.ts'
import { abortError, defectOf, engineStops, otherSession } from './run-errors.ts'
import { type Listener, RunEvents } from './run-events.ts'
import type { RunJournal } from './run-journal.ts'
import { artifactsOf, type RunStart } from './run-start.ts'
import { stateOf } from './run-state.ts'
import type { QueuedRun, SessionRun } from './session-run.ts'
import { abortAfter, checkStopOptions, type StopOptions } from './stop-options.ts'
import { textStreamOf } from './text-stream.ts'
import { traced } from './traced.ts'

/**
 * One run: iterate it, listen to it, or await its `result`. It starts in the next microtask, so consumers that are attached in the same
 * tick miss nothing. At most 256 events, or 64 KiB of deltas, are held until the first consumer comes; from then on a slow iterator slows the
 * model's stream down. Do not await `result` inside a loop over the events: the run waits for the loop.
 */
export class Run<Output = unknown> implements AsyncIterable<RunEvent> {
  readonly runId: string
  readonly #start: RunStart
  #input: readonly Message[]
  readonly #events: RunEvents
  readonly #controller = new AbortController()
  readonly #recordHost: RecordHost
  readonly #hostOptions: HostOptions
  /** The record host; of a run on an engine, the host of that engine once the loop is loaded. */
  #host: RunHost
  /** Set when the loop is loaded, before anything happens. */
  #started: StartedLoop | undefined
  #journal: RunJournal | undefined
  #session: SessionRun | undefined
  /** True once the run has its input: what is in its session and its journal under its id is then its own. */
  #hasBegun = false
  readonly #result: Promise<RunResult>
  #isSettled = false

  /** Made by `agent.stream()`. */
  constructor(start: RunStart) {
    const { input, records, answers, version, observers, tracers } = start
    this.#start = start
    this.runId = start.runId ?? newId()
    // A copy: the list of the caller may grow later.
    this.#input = [...input]
    const trace = traced(tracers, (warning) => this.#started && this.#warn(this.#started.loop, warning))
    this.#events = new RunEvents(this.runId, (type, error) => this.#reportListener(type, error), [...trace, ...observers])
    const { emit, room } = this.#events
    const { signal } = this.#controller
    // Each call of a step listens to this signal: many listeners are not a leak.
    allowManyListeners(signal)
    this.#hostOptions = { runId: this.runId, version, records, ...(answers && { answers }), signal, emit, room }
    this.#recordHost = new RecordHost(this.#hostOptions)
    this.#host = this.#recordHost
    this.#result = Promise.resolve().then(() => this.#drive(start.signal))
    // A consumer that reads only events must not get an unhandled rejection.
    this.#result.catch(() => {})
  }

  /**
   * The result of the run.
   *
   * @throws {AgentError} What broke the run, with the result so far on `result`; `aborted` after an abort.
   */
  get result(): Promise<RunResult<Output>> {
    this.#events.consume()
    // The output was checked against the schema that `Output` comes from.
    return this.#result as Promise<RunResult<Output>>
  }

  /**
   * Only the text. Takes the one iterator of the run. With `retryAfterText: 'restart'` the text comes when its message is complete,
   * because a delta that was delivered cannot be taken back.
   */
  get textStream(): AsyncIterable<string> {
    return textStreamOf(this, this.#start.restartAfterText)
  }

  /**
   * What the model has written of the output so far, whenever more of it comes: `for await (const partial of run.partialOutputStream)`.
   * Takes the one iterator of the run. An object or a list grows in place and is the same one each time, so copy what you keep. A request
   * that is sent again, or a further step, starts with a new one. The output itself, checked, is in the result.
   *
   * @throws {AgentError} `invalid-use` when the agent has no `output`.
   */
  get partialOutputStream(): AsyncIterable<PartialOutput<Output>> {
    const { output } = this.#start.agent
    if (output === undefined) throw new AgentError('This agent has no `output`, so there is nothing to read. Use run.textStream.', { code: 'invalid-use' })
    const open = async () => new (await import('./output-reader.ts')).OutputReader(output).read
    // The model was asked for what `Output` comes from; nothing is checked yet, as the type says.
    return partsOf(this, open) as AsyncIterable<PartialOutput<Output>>
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

  /**
   * Stops the run without breaking off its work. Nothing new begins: no request, no tool call, no retry that still waits. What has begun
   * runs to its end and is recorded. The run then ends with `stopReason: 'stopped'`; if that work was its last, it ends as it would have.
   * `agent.resume` continues it, from its journal or from `result.state`. Stopping a run twice, or after its end, has no effect.
   *
   * @returns The result of the run: the promise that `result` is.
   * @throws {AgentError} `invalid-use` for a run on an engine, whose workers are drained instead; `invalid-options`.
   */
  stop(options: StopOptions = {}): Promise<RunResult<Output>> {
    try {
      const { graceMs } = checkStopOptions(options)
      if (this.#start.engine !== undefined) throw engineStops()
      this.#recordHost.stop()
      if (graceMs !== undefined) abortAfter(graceMs, this)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.result
  }

  /** Ends the run at once, even if its tools and its journal do not respond. `result` rejects with code `aborted`. */
  abort(reason?: unknown): void {
    if (this.#isSettled || this.#controller.signal.aborted) return
    this.#controller.abort(reason ?? new DOMException('The run was aborted.', 'AbortError'))
    this.#host.abort(this.#controller.signal.reason)
  }

  /**
   * All events. A run has one iterator; returning from it before the end aborts the run.
   *
   * @throws {AgentError} `invalid-use` for a second one; what broke the run, after the `run-error` event.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent> {
    return this.#events.iterate(() => this.abort(new DOMException('The iterator of the run was closed before its end.', 'AbortError')))
  }

  async #drive(outer: AbortSignal | undefined): Promise<RunResult> {
    let unfollow: (() => void) | undefined
    try {
      unfollow = followSignal(outer, this)
      const parts = loadedLoop() ?? (await loadLoop())
      const { agent, engine } = this.#start
      if (engine !== undefined) this.#host = (loadedHost() ?? (await loadHost()))(this.#hostOptions, engine)
      const loop = this.#newLoop(parts)
      this.#started = { parts, loop }
      this.#events.emit({ type: 'run-start', step: 0, agent: agent.name, model: agent.model.id })
      const queued = await this.#open(this.#started)
      if (queued !== undefined) return this.#finish(loop, this.#queuedResult(this.#started, queued))
      const loading = loadAgents(agent.tools)
      if (loading !== undefined) await loading
      const result = await parts.runLoop(loop).catch((thrown: unknown) => this.#stoppedResult({ parts, loop }, thrown))
      this.#host.checkCourse()
      this.#controller.signal.throwIfAborted()
      await this.#leaveSession(result.status === 'paused' ? 'paused' : 'ended')
      await this.#journal?.close(result)
      return this.#finish(loop, result.status === 'paused' ? parts.withState(result, this.#state()) : result)
    } catch (thrown) {
      // The error that broke the run is the one to report, even when the session or the journal cannot record the end.
      await this.#leaveSession('broken').catch(() => {})
      await this.#journal?.close({ status: 'unusable', stopReason: this.#controller.signal.aborted ? 'aborted' : 'failed' }).catch(() => {})
      throw this.#fail(thrown)
    } finally {
      unfollow?.()
      this.#started?.loop.clock.end()
    }
  }

  #newLoop({ newLoopRun }: LoopParts): LoopRun {
    const { agent, planned, context, restartAfterText, recheckGates, attempts, tracers } = this.#start
    const process = { tracers, context, restartAfterText, recheckGates, attempts, artifacts: artifactsOf(this.#start), runAgents }
    return newLoopRun({ agent, planned, operations: this.#host, show: this.#events.emit, ...process }, this.#start.session === undefined ? this.#input : [])
  }

  /** Opens the run in its session and its journal. Returns what became of its input if it has to wait. */
  async #open({ parts, loop }: StartedLoop): Promise<QueuedRun | undefined> {
    const { open, journal, recordedDefinition, isResumed } = this.#start
    const { signal } = this.#controller
    const bounds = { leftMs: () => parts.leftMs(loop), signal }
    this.#session = await loadSession(this.#start, this.#host, bounds)
    const entered = isResumed ? undefined : await this.#session?.enter(this.#input)
    if (entered?.type === 'queued') return entered
    if (open === undefined || journal === undefined) {
      await this.#takeInput(loop, this.#start.recordedSession, this.#input)
      this.#compare(loop, recordedDefinition)
      return undefined
    }
    // Loaded with the first run that has a journal.
    const { RunJournal } = await import('./run-journal.ts')
    signal.throwIfAborted()
    this.#journal = new RunJournal(this.#recordHost, bounds)
    const { input, definition, session: position } = await this.#journal.open(() => open(this.runId, entered), journal)
    await this.#takeInput(loop, position, input)
    this.#compare(loop, definition)
    signal.throwIfAborted()
    return undefined
  }

  /** Gives the loop its input: with a session the messages of the session, and what is new. */
  async #takeInput({ transcript }: LoopRun, position: RunState['session'] | SessionPosition, input: readonly Message[]): Promise<void> {
    try {
      if (this.#session === undefined && position !== undefined) throw otherSession(this.runId, position.id, undefined)
      this.#input = (await this.#session?.inputOf(position, input)) ?? input
    } catch (error) {
      // Nothing of the run was done here, so its records stay as they are.
      await this.#journal?.leave()
      throw error
    }
    this.#hasBegun = true
    transcript.takeInput(this.#input)
  }

  /** Adds the messages of the run to its session, or keeps its place there. */
  async #leaveSession(outcome: 'ended' | 'paused' | 'broken'): Promise<void> {
    const { loop } = this.#started ?? {}
    if (!this.#hasBegun || loop === undefined) return
    const { transcript, history } = loop
    const view = history.edits.length === 0 ? undefined : history.viewOf(transcript.messages)
    const warning = await this.#session?.leave(transcript.messages, { view, outcome })
    if (warning !== undefined) this.#warn(loop, warning)
  }

  #queuedResult({ parts, loop }: StartedLoop, { messages, warning }: QueuedRun): RunResult {
    loop.transcript.takeInput(messages)
    if (warning !== undefined) this.#warn(loop, warning)
    return parts.resultOf(loop, { stopReason: 'queued' })
  }

  #warn({ notes }: LoopRun, warning: Warning): void {
    notes.addWarning(warning)
    this.#events.emit({ type: 'warning', step: 0, warning })
  }

  // Changed instructions are a warning; a changed tool with a call of unknown outcome ends the run.
  #compare(loop: LoopRun, recorded: Definition | undefined): void {
    if (recorded === undefined) return
    const { format, catalogue } = formOf(recorded)
    const { changes, isRebound } = compareDefinitions(recorded, this.#start.definition(format, catalogue))
    if (changes.length === 0) return
    this.#warn(loop, { code: 'definition-changed', message: `Since this run was recorded, its agent changed: ${changes.join(', ')}.` })
    this.#host.refuseChanged(isRebound)
  }

  // A batch that was stopped may have recorded some of its operations, and their time was spent.
  #stoppedResult({ parts, loop }: StartedLoop, thrown: unknown): RunResult {
    if (thrown !== stopRequest) throw thrown
    loop.ledger.addTime(this.#host.cutMs)
    return parts.resultOf(loop, { stopReason: 'stopped' })
  }

  #finish({ children }: LoopRun, result: RunResult): RunResult {
    this.#isSettled = true
    this.#events.end(runEnd(result, children.answer !== undefined))
    return result
  }

  // Consumers get the end of the run even if something throws.
  #fail(thrown: unknown): AgentError {
    let error: AgentError
    try {
      error = this.#errorOf(thrown)
    } catch (defect) {
      error = defectOf(defect, thrown)
    }
    this.#isSettled = true
    this.#events.end({ type: 'run-error', step: 0, error: error.toJSON() }, error)
    return error
  }

  #errorOf(thrown: unknown): AgentError {
    const { aborted, reason } = this.#controller.signal
    const { attempt, text, reasoningText } = this.#events.shown
    // A copy: an error that is shared must not carry the result of this run.
    const error = aborted ? abortError(reason, attempt) : copyError(asAgentError(thrown), {})
    const state = aborted || brokenRequest(this.#host.records) !== undefined ? this.#state() : undefined
    // Without the loop, nothing was done that could be lost.
    if (this.#started === undefined) return error
    const { parts, loop } = this.#started
    if (aborted) this.#chargeCutWork(loop)
    const value = parts.resultOf(loop, { stopReason: aborted ? 'aborted' : 'failed', shown: { text, reasoningText }, state })
    return Object.defineProperty(error, 'result', { value, enumerable: false, configurable: true })
  }

  // An abort records nothing of the work in progress, but its time and its request count.
  #chargeCutWork(loop: LoopRun): void {
    loop.ledger.addTime(this.#host.cutMs)
    if (this.#events.shown.attempt > 0) loop.ledger.cutAttempt()
    cutChildren(loop)
  }

  #reportListener(type: RunEventType, error: unknown): void {
    const warning = { code: 'listener-threw', message: `A listener of '${type}' threw: ${describe(error)}` }
    // Events come from the loop, so it is loaded.
    const { notes, transcript } = this.#started?.loop ?? {}
    const isNew = notes?.addWarning(warning) === true
    // A listener of warnings that throws must not report itself forever.
    if (isNew && type !== 'warning') this.#events.emit({ type: 'warning', step: transcript?.currentStep ?? 0, warning })
  }

  #state(): RunState | undefined {
    return stateOf(this.#start, this.#host, { input: this.#input, ...this.#session?.place })
  }
}
