import { AgentError, type PendingQuestion, type Run, type RunEvent, type RunEventOf, type RunResult } from '@capstan/core'
import type { NamedAgent } from '../agents.ts'
import type { Principal } from '../principal.ts'
import type { ServerEvent } from '../protocol.ts'
import { type DeltaHead, FrameLog } from './frame-log.ts'
import type { RunRequest } from './run-request.ts'
import { type ShowEvent, showEvent } from './shown-event.ts'

/**
 * What a run in this process is doing. `waiting`: for a person, or queued behind another run of its session. `drained`: stopped because the
 * process ends. `elsewhere`: another process has it.
 */
export type LivePhase = 'running' | 'waiting' | 'drained' | 'elsewhere' | 'ended'

/** What a live run is made of. */
export interface LiveRunParts {
  readonly runId: string
  readonly owner: Principal
  readonly agent: NamedAgent
  /** What began it. */
  readonly request: RunRequest
  /** What the journal has of a run that this process did not begin. */
  readonly saved?: { readonly beganAt: number | undefined; readonly hasResult: boolean }
  readonly show: ShowEvent
  /** Called whenever a part of the run has ended: it is over, waits, or was stopped. */
  readonly onSettled: (live: LiveRun) => void
  /** Called with what no client is told. */
  readonly onError: (error: unknown) => void
}

/** Starts a part of the run: from its beginning, or from where it was left. */
export type StartPart = (onEvent: (event: RunEvent) => void) => Run

/** A run that this process has: at work, waiting for a person, or ended a short time ago. It owns the log of its events. */
export class LiveRun {
  readonly runId: string
  readonly owner: Principal
  readonly agent: NamedAgent
  readonly request: RunRequest
  /** `undefined` where the journal does not say it. */
  readonly beganAt: number | undefined
  /** True for a run that had its result when this process found it: it is only replayed. */
  readonly isReplay: boolean
  readonly log: FrameLog = new FrameLog()
  readonly #parts: LiveRunParts
  /** Events that are there once, in whatever part of the run they come: a part that continues a run repeats those before it. */
  readonly #once = new Set<string>()
  readonly #heads = new Map<string, DeltaHead>()
  /** Calls at work. */
  readonly #calls = new Set<string>()
  #phase: LivePhase = 'running'
  /** True once the part that is at work has its place in its session and its journal. */
  #hasBegun = false
  #hasWorked = false
  #isStoppedByPerson = false
  #run: Run | undefined
  #settled: Promise<void> = Promise.resolve()
  #result: RunResult | undefined
  #error: AgentError | undefined
  #changedAt = Date.now()

  constructor(parts: LiveRunParts) {
    this.#parts = parts
    this.runId = parts.runId
    this.owner = parts.owner
    this.agent = parts.agent
    this.request = parts.request
    this.beganAt = parts.saved === undefined ? Date.now() : parts.saved.beganAt
    this.isReplay = parts.saved?.hasResult === true
  }

  get phase(): LivePhase {
    return this.#phase
  }

  /** The result of the last part; `undefined` while a part is at work, and after an error. */
  get result(): RunResult | undefined {
    return this.#result
  }

  get error(): AgentError | undefined {
    return this.#error
  }

  get changedAt(): number {
    return this.#changedAt
  }

  /** True when a person has stopped the run, so nothing continues it. */
  get isStoppedByPerson(): boolean {
    return this.#isStoppedByPerson
  }

  /** True when a person has stopped the run and it has still to be ended. */
  get isFinishing(): boolean {
    return this.#isStoppedByPerson && this.#phase === 'waiting'
  }

  /** True while the run waits for another run of its session. */
  get isQueued(): boolean {
    return this.#phase === 'waiting' && this.#result?.stopReason === 'queued'
  }

  /** What people have still to decide. */
  get pending(): readonly PendingQuestion[] {
    return this.#phase === 'waiting' ? (this.#result?.pending ?? []) : []
  }

  /** True when the part that was begun last has asked a model or a tool: it is not only a replay of what is recorded. */
  get hasWorked(): boolean {
    return this.#hasWorked
  }

  /** Settles when the part that is at work has ended. Never rejects. */
  get settled(): Promise<void> {
    return this.#settled
  }

  /**
   * Begins a part of the run.
   *
   * @returns A promise for its first own event: the run has its place in its session and its journal by then. It rejects with what prevented that.
   */
  begin(start: StartPart): Promise<void> {
    this.#phase = 'running'
    this.#result = undefined
    this.#error = undefined
    this.#changedAt = Date.now()
    this.#hasBegun = false
    this.#hasWorked = false
    return new Promise((resolve, reject) => {
      const onEvent = (event: RunEvent): void => {
        if (event.type !== 'run-start' && event.type !== 'run-error') {
          this.#hasBegun = true
          resolve()
        }
        this.#take(event)
      }
      try {
        const run = start(onEvent)
        this.#run = run
        this.#settled = this.#follow(run, reject)
      } catch (error) {
        this.#phase = 'ended'
        reject(error)
      }
    })
  }

  /**
   * Stops the run for good: nothing new begins. A reply that is being written is cut; tool calls at work may end within the grace time. Where
   * that leaves the run paused, `finishing` says so, and its last part has still to be run.
   */
  stopForGood(graceMs: number): void {
    this.#isStoppedByPerson = true
    if (this.#phase !== 'running') return
    if (this.#calls.size === 0) this.#run?.abort()
    else this.#stop(graceMs)
  }

  /** Stops the run because the process ends; another process continues it. */
  drain(): void {
    if (this.#phase === 'running') this.#stop()
  }

  /** Ends the run at once. */
  abort(): void {
    this.#run?.abort()
  }

  /** Says that another process has the run: readers must connect again. */
  leave(): void {
    if (this.#phase === 'ended') return
    this.#phase = 'elsewhere'
    this.log.close()
  }

  /** Ends a queued run whose input another run has taken. */
  endQueued(): void {
    const { text = '', usage = { unknownAttempts: 0 } } = this.#result ?? {}
    if (!this.isQueued) return
    this.#phase = 'ended'
    this.log.append({ type: 'run-end', status: 'paused', stopReason: 'queued', text, usage, toolCalls: 0, isLast: true })
    this.log.end()
  }

  #stop(graceMs?: number): void {
    // What the run ends with is read where it is followed.
    this.#run?.stop(graceMs === undefined ? {} : { graceMs }).catch(() => undefined)
  }

  async #follow(run: Run, fail: (error: unknown) => void): Promise<void> {
    try {
      this.#result = await run.result
      this.#phase = this.#phaseAfter(this.#result)
    } catch (thrown) {
      this.#error = AgentError.is(thrown) ? thrown : new AgentError('The run failed.', { code: 'internal', cause: thrown })
      this.#phase = this.#isLeft(this.#error) ? 'elsewhere' : 'ended'
      if (this.#error.code === 'internal') this.#parts.onError(thrown)
      if (this.#error.code === 'aborted' && this.#isStoppedByPerson) this.#showStopped(this.#error.result)
      fail(this.#error)
    }
    this.#run = undefined
    this.#calls.clear()
    this.#changedAt = Date.now()
    if (this.#phase === 'ended') this.log.end()
    if (this.#phase === 'elsewhere') this.log.close()
    try {
      this.#parts.onSettled(this)
    } catch (error) {
      // Such as of a function that makes the budget of a principal.
      this.#parts.onError(error)
    }
  }

  #phaseAfter({ status, stopReason }: Pick<RunResult, 'status' | 'stopReason'>): LivePhase {
    if (status !== 'paused') return 'ended'
    return stopReason === 'stopped' && !this.#isStoppedByPerson ? 'drained' : 'waiting'
  }

  /** True for an error after which the run can be continued as if this process had never had it: its readers come back then. */
  #isLeft({ code }: Pick<AgentError, 'code'>): boolean {
    return code === 'run-locked' || code === 'journal-failed' || (!this.#hasBegun && (code === 'session-busy' || code === 'session-conflict'))
  }

  #take(event: RunEvent): void {
    if (event.type === 'attempt' || event.type === 'tool-start') this.#hasWorked = true
    if (event.type === 'tool-start') this.#calls.add(event.key)
    if (event.type === 'tool-end') this.#calls.delete(event.key)
    if (this.#isRepeated(event)) return
    const shown = this.#shown(event)
    const message = `m ${[...(event.path ?? []), event.step].join(' ')}`
    if (event.type === 'text-delta' || event.type === 'reasoning-delta') return this.#takeDelta(shown, message)
    // The end of a message has its text, and a retry voids it.
    if (event.type === 'step-retry' || (event.type === 'message-end' && shown !== undefined)) this.#void(message)
    if (event.type === 'tool-end') this.log.voidTransient(`c ${event.key}`)
    if (shown === undefined) return
    if (event.type === 'tool-progress') this.log.append(shown, { subject: `c ${event.key}`, isTransient: true })
    else this.log.append(shown)
  }

  #takeDelta(shown: ServerEvent | undefined, subject: string): void {
    if (shown === undefined) return
    if (shown.type !== 'text-delta' && shown.type !== 'reasoning-delta') return this.log.append(shown, { subject, isTransient: true })
    const { delta, ...head } = shown
    const key = `${shown.type} ${subject}`
    const known = this.#heads.get(key) ?? head
    this.#heads.set(key, known)
    this.log.appendDelta(known, subject, delta)
  }

  #void(message: string): void {
    this.log.voidTransient(message)
    for (const type of ['text-delta', 'reasoning-delta']) this.#heads.delete(`${type} ${message}`)
  }

  #isRepeated(event: RunEvent): boolean {
    if (!repeatable.has(event.type)) return false
    const id = [event.type, ...(event.path ?? []), event.step, 'key' in event ? event.key : ''].join(' ')
    if (this.#once.has(id)) return true
    this.#once.add(id)
    return false
  }

  /** What a client sees of an event, with whether the run is over. */
  #shown(event: RunEvent): ServerEvent | undefined {
    const shown = this.#tryToShow(event)
    // Clients know the agent by the name that it is served under.
    if (shown?.type === 'run-start' && event.path === undefined) return { ...shown, agent: this.agent.name }
    // Readers must learn of these, whatever `show` makes of them.
    if (event.type === 'step-retry') return shown ?? showEvent(event)
    if (event.path !== undefined || (event.type !== 'run-end' && event.type !== 'run-error')) return shown
    return this.#shownEnd(event, shown ?? showEvent(event))
  }

  /** What a function of the caller cannot show is not shown. */
  #tryToShow(event: RunEvent): ServerEvent | undefined {
    try {
      return this.#parts.show(event, this.owner)
    } catch (error) {
      this.#parts.onError(error)
      return undefined
    }
  }

  #shownEnd(event: RunEventOf<'run-end' | 'run-error'>, shown: ServerEvent | undefined): ServerEvent | undefined {
    if (event.type === 'run-error') {
      // For readers it has not ended.
      if (this.#isLeft(event.error)) return undefined
      // How a run ends that a person stopped is shown when its result is there.
      return event.error.code === 'aborted' && this.#isStoppedByPerson ? undefined : ({ ...shown, isLast: true } as ServerEvent)
    }
    const phase = this.#phaseAfter(event)
    if (phase === 'ended') return { ...shown, isLast: true } as ServerEvent
    return phase === 'drained' || this.#isStoppedByPerson ? undefined : shown
  }

  #showStopped(result: RunResult | undefined): void {
    const { text = '', usage = { unknownAttempts: 0 }, cost, toolCalls = 0 } = result ?? {}
    this.log.append({ type: 'run-end', status: 'unusable', stopReason: 'aborted', text, usage, ...(cost && { cost }), toolCalls, isLast: true })
  }
}

const repeatable: ReadonlySet<RunEvent['type']> = new Set(['run-start', 'step-start', 'message-end', 'tool-end', 'step-end'])
