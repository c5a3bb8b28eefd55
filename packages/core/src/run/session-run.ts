import { AgentError, type ErrorData } from '../contract/errors.ts'
import { equalJson, type Json } from '../contract/json.ts'
import type { Message } from '../contract/messages.ts'
import type { Warning } from '../contract/model.ts'
import type { Operations } from '../contract/operations.ts'
import type { RunState, SessionPosition } from '../contract/result.ts'
import { makeOperationId } from '../durability/operation-ids.ts'
import type { Session } from '../sessions/session.ts'
import { type BeginningRun, beginIn, type EndingRun, endIn, inputAt } from '../sessions/session-rules.ts'
import { BoundedCalls, type RunBounds } from './bounded-run.ts'
import { otherSession } from './run-errors.ts'

/** What the caller gave as `session` and `whilePaused`. */
export interface SessionUse {
  readonly session: Session
  readonly whilePaused: 'refuse' | 'queue'
}

/** What a session run belongs to. */
interface SessionRunStart extends SessionUse {
  readonly runId: string
  /** True when a journal, an engine or a state has the run: its id then continues it. */
  readonly isRecorded: boolean
  readonly bounds: RunBounds
  /** Where an engine hosts the run: it records what is read and that something was added. */
  readonly engine: Operations | undefined
}

/** A run that has its place in its session, with its input. */
export interface EnteredSession {
  readonly type: 'open'
  readonly position: SessionPosition
  /** The messages of the session. */
  readonly history: readonly Message[]
  /** What was queued, and the input of the run. */
  readonly added: readonly Message[]
  /** True when the session has the messages of the run already, so whatever records it must have it. */
  readonly isEnded: boolean
}

/** A run whose input was kept for the run after the one that is open. */
export interface QueuedRun {
  readonly type: 'queued'
  /** The messages of the session, and the input of the run. */
  readonly messages: readonly Message[]
  /** That another run has the input now. */
  readonly warning?: Warning
}

/** How long the place of a run is kept beyond its time limit, in milliseconds: the end of the run takes time, too. */
const marginMs = 60_000

/** The session of one run, from its place in it to its messages in it. */
export class SessionRun {
  readonly #start: SessionRunStart
  readonly #calls: BoundedCalls
  #entered: EnteredSession | undefined

  constructor(start: SessionRunStart) {
    this.#start = start
    this.#calls = new BoundedCalls(start.bounds, 'session store')
  }

  /** For the state of the run: where its session was, and how many messages of its input are the session's. */
  get place(): Pick<RunState, 'session'> {
    return this.#entered === undefined ? {} : { session: { ...this.#entered.position, history: this.#entered.history.length } }
  }

  /**
   * Takes the place of a run that begins, or that has the same id as an earlier one.
   *
   * @throws {AgentError} `session-busy`; `session-conflict`; `invalid-messages` for input that begins with the messages of the session.
   */
  async enter(own: readonly Message[]): Promise<EnteredSession | QueuedRun> {
    const entered = await this.#recorded('session-read', 'enter the session', () => this.#enter(own))
    if (entered.type === 'open') this.#entered = entered
    return entered
  }

  /**
   * The complete input of a run. A run that is continued takes its place first.
   *
   * @param position - Where the session was when the run began, as it was recorded; `undefined` for a run that begins without a journal.
   * @param input - What was recorded as its input: what is new, or all messages of a state.
   * @throws {AgentError} `state-mismatch` when the session does not have this version any more; `session-busy`; `invalid-use` for another session.
   */
  async inputOf(position: RunState['session'] | SessionPosition, input: readonly Message[]): Promise<readonly Message[]> {
    const { session, runId, engine } = this.#start
    if (this.#entered === undefined || (position !== undefined && position.version !== this.#entered.position.version)) {
      if (position?.id !== session.id) throw otherSession(runId, position?.id, session.id)
      const count = 'history' in position ? position.history : 0
      const [history, own] = [input.slice(0, count), input.slice(count)]
      // A state on an engine kept its place, and its own records come before those of the engine.
      const isKept = engine !== undefined
      this.#entered = isKept ? { type: 'open', position, history, added: own, isEnded: false } : await this.#enterAgain(position, own)
    }
    const { history, added } = this.#entered
    return [...history, ...added]
  }

  /**
   * Adds the messages of the run, or keeps its place. Does nothing when the run has no place.
   *
   * @param messages - All messages of the run: its input and its complete steps.
   * @returns A warning when the session was deleted meanwhile.
   */
  async leave(messages: readonly Message[], { view, outcome }: Pick<EndingRun, 'view' | 'outcome'>): Promise<Warning | undefined> {
    if (this.#entered === undefined) return undefined
    const { history, added, position } = this.#entered
    const { runId, session } = this.#start
    const own = messages.slice(history.length)
    const left = await this.#recorded('session-append', 'add to the session', async () => {
      const { writer } = session
      const ending = { runId, version: position.version, messages: own, view, inputCount: added.length, outcome }
      await writer.change((log) => endIn(log, { ...ending, now: Date.now() }))
      return { isThere: writer.log.run(runId) !== undefined }
    })
    return left.isThere ? undefined : { code: 'session-deleted', message: deletedMeanwhile }
  }

  async #enterAgain(position: SessionPosition, own: readonly Message[]): Promise<EnteredSession> {
    const { session, runId } = this.#start
    return await this.#calls.run('enter the session', async () => {
      const { writer } = session
      if (writer.logAt(position.version) === undefined) await writer.refresh()
      if (writer.logAt(position.version) === undefined || (await this.#take(own)).type === 'queued') throw deleted(runId, session.id)
      return this.#open(position, own)
    })
  }

  async #enter(own: readonly Message[]): Promise<EnteredSession | QueuedRun> {
    const { session, runId } = this.#start
    const { writer } = session
    const beginning = await this.#take(own)
    if (beginning.type === 'queued')
      return { ...queued(writer.log.view, own), ...(beginning.takenBy !== undefined && { warning: takenInput(beginning.takenBy) }) }
    const version = writer.log.run(runId)?.version
    if (version === undefined) throw deleted(runId, session.id)
    return this.#open({ id: session.id, version }, own)
  }

  #open(position: SessionPosition, own: readonly Message[]): EnteredSession {
    const { session, runId } = this.#start
    const log = session.writer.logAt(position.version)
    if (log === undefined) throw deleted(runId, session.id)
    const { history, added } = inputAt(log, runId, own)
    if (beginsWith(own, history)) throw notOnlyNew(session.id)
    return { type: 'open', position, history: [...history], added, isEnded: session.writer.log.run(runId)?.isEnded === true }
  }

  async #take(own: readonly Message[]): Promise<ReturnType<typeof beginIn>> {
    const { session, runId, whilePaused, isRecorded, engine, bounds } = this.#start
    let beginning: ReturnType<typeof beginIn> | undefined
    await session.writer.change((log) => {
      const now = Date.now()
      const ends = now + bounds.leftMs() + marginMs
      const until = engine === undefined && Number.isFinite(ends) ? Math.ceil(ends) : undefined
      const run: BeginningRun = { sessionId: session.id, runId, messages: own, whilePaused, isRecorded, now, until }
      beginning = beginIn(log, run)
      return beginning.entry
    })
    if (beginning === undefined) throw new RangeError('`change` calls its function at least once.')
    return beginning
  }

  /** Works on the session: as a recorded step on an engine, else within the time of the run. */
  async #recorded<Result extends object>(type: 'session-read' | 'session-append', what: string, work: () => Promise<Result>): Promise<Result> {
    const { engine } = this.#start
    if (engine === undefined) return await this.#calls.run(what, work)
    const name = type === 'session-read' ? 'session read' : 'session append'
    const run = async (): Promise<StepOutput<Result>> => {
      try {
        return { value: await work() }
      } catch (error) {
        // A refusal is recorded, so that the workflow ends. Anything else is a defect of the store.
        if (!AgentError.is(error)) throw error
        return { error: error.toJSON() }
      }
    }
    const [outcome] = await engine.perform<StepOutput<Result>>([{ id: makeOperationId({ type }), name, effect: 'idempotent', run }])
    if (outcome?.status !== 'done') throw new AgentError(`The operation '${name}' has no outcome.`, { code: 'internal', phase: 'loop' })
    const { output } = outcome
    if ('error' in output) throw fromData(output.error)
    return output.value
  }
}

type StepOutput<Result> = { readonly value: Result } | { readonly error: ErrorData }

function queued(history: readonly Message[], own: readonly Message[]): QueuedRun {
  return { type: 'queued', messages: [...history, ...own] }
}

function fromData({ message, code, ...data }: ErrorData): AgentError {
  return new AgentError(message, { ...data, code })
}

const deletedMeanwhile = 'The session of this run was deleted while the run was open, so its messages were not added.'

function takenInput(runId: string): Warning {
  return { code: 'queued-input-taken', message: `What this run was given became input of the run '${runId}'.` }
}

function deleted(runId: string, sessionId: string): AgentError {
  const message = `The session '${sessionId}' does not have what the run '${runId}' began with: it was deleted since. The run cannot be continued; begin another one.`
  return new AgentError(message, { code: 'state-mismatch' })
}

function notOnlyNew(sessionId: string): AgentError {
  const message = `The input begins with the messages of the session '${sessionId}'. With \`session\`, pass only what is new: the session has the rest.`
  return new AgentError(message, { code: 'invalid-messages' })
}

function beginsWith(own: readonly Message[], history: readonly Message[]): boolean {
  if (history.length === 0 || own.length <= history.length) return false
  return history.every((message, index) => equalJson(JSON.parse(JSON.stringify(own[index])) as Json, JSON.parse(JSON.stringify(message)) as Json))
}
