import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { describe } from '../describe.ts'
import { AgentError } from '../errors.ts'
import type { RunEvent, RunEventBody, RunEventType } from '../events.ts'
import { MemoryHost, type RunRecord } from '../hosts/memory.ts'
import { type RunData, resultOf, withThrowers } from '../loop/end-run.ts'
import { addAttempt, addTime, type LoopAgent, type LoopRun, newLoopRun } from '../loop/loop-run.ts'
import { runLoop } from '../loop/run-loop.ts'
import type { Message } from '../messages.ts'
import type { RunResult, RunState } from '../result.ts'
import { EventChannel, type Listener } from './event-channel.ts'

/** What a run starts with, checked by the agent. */
export interface RunStart {
  readonly agent: LoopAgent
  readonly input: readonly Message[]
  readonly runId: string | undefined
  readonly records: readonly RunRecord[]
  readonly context: unknown
  readonly signal: AbortSignal | undefined
  readonly restartAfterText: boolean
}

/**
 * One run under way: iterate it, listen to it, or await its `result`. It starts in the next microtask, so consumers that are
 * attached in the same tick miss nothing. At most 256 events are held until the first consumer comes; then a slow iterator
 * slows the model's stream down.
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
  /** True from a request to its outcome: an abort in between leaves a request whose usage nobody reports. */
  #hasOpenAttempt = false

  /** Made by `agent.stream()`. */
  constructor({ agent, input, records, context, restartAfterText, ...start }: RunStart) {
    this.runId = start.runId ?? randomUUID()
    // Each call of a step listens to this signal: many are no leak.
    setMaxListeners(0, this.#controller.signal)
    this.#input = input
    this.#channel = new EventChannel((type, error) => this.#reportListener(type, error))
    const emit = (event: RunEventBody): void => this.#emit(event)
    this.#host = new MemoryHost({ runId: this.runId, records, signal: this.#controller.signal, emit, room: () => this.#channel.room() })
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

  /** The text deltas alone. Takes the one iterator of the run. */
  get textStream(): AsyncIterable<string> {
    return textOfEvents(this)
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
    const { agent } = this.#loop
    this.#emit({ type: 'run-start', step: 0, agent: agent.name, model: agent.model.id })
    try {
      const result = await runLoop(this.#loop)
      this.#isSettled = true
      this.#channel.end()
      return result.status === 'paused' ? this.#withState(result) : result
    } catch (thrown) {
      const error = this.#errorOf(thrown)
      this.#isSettled = true
      this.#emit({ type: 'run-error', step: 0, error: error.toJSON() })
      this.#channel.end(error)
      throw error
    } finally {
      outer?.removeEventListener('abort', forward)
    }
  }

  #emit(body: RunEventBody): void {
    if (this.#isSettled && body.type !== 'run-error') return
    if (body.type === 'text-delta') this.#partial.text.push(body.delta)
    else if (body.type === 'reasoning-delta') this.#partial.reasoning.push(body.delta)
    else if (body.type === 'step-start' || body.type === 'step-retry') this.#forgetPartial()
    if (body.type === 'attempt') this.#hasOpenAttempt = true
    else if (body.type === 'message-end' || body.type === 'step-retry') this.#hasOpenAttempt = false
    // The error of a tool is not enumerable: assigning keeps it, copying would drop it.
    this.#channel.push(Object.assign(body, { runId: this.runId, seq: ++this.#seq }))
  }

  #forgetPartial(): void {
    this.#partial.text.length = 0
    this.#partial.reasoning.length = 0
  }

  #reportListener(type: RunEventType, error: unknown): void {
    const warning = { code: 'listener-threw', message: `A listener of '${type}' threw: ${describe(error)}` }
    this.#loop.warnings.push(warning)
    // A listener of warnings that throws must not report itself for ever.
    if (type !== 'warning') this.#emit({ type: 'warning', step: this.#loop.steps.length + 1, warning })
  }

  #errorOf(thrown: unknown): AgentError {
    const isAborted = this.#controller.signal.aborted
    if (isAborted) this.#chargeOpenWork()
    const error = isAborted
      ? new AgentError(`The run was aborted: ${describe(this.#controller.signal.reason)}.`, {
          code: 'aborted',
          phase: 'loop',
          cause: this.#controller.signal.reason,
        })
      : AgentError.is(thrown)
        ? thrown
        : new AgentError(`A defect ended the run: ${describe(thrown)}.`, { code: 'internal', phase: 'loop', cause: thrown })
    const result = this.#withState({
      ...resultOf(this.#loop, { stopReason: 'finished' }),
      status: 'unusable',
      text: this.#partial.text.join(''),
      reasoningText: this.#partial.reasoning.join(''),
    })
    return Object.defineProperty(error, 'result', { value: result, enumerable: false, configurable: true })
  }

  // An abort records nothing of what was under way, but its time and its request were spent.
  #chargeOpenWork(): void {
    addTime(this.#loop, this.#host.openMs)
    if (this.#hasOpenAttempt) addAttempt(this.#loop, undefined)
  }

  #withState(result: RunData): RunResult {
    const state: RunState = { version: 1, runId: this.runId, input: this.#input, records: [...this.#host.records] }
    return withThrowers({ ...result, state })
  }
}

async function* textOfEvents(run: Run): AsyncGenerator<string> {
  for await (const event of run) {
    if (event.type === 'text-delta') yield event.delta
  }
}
