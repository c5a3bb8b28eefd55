import type { Message } from '../contract/messages.ts'
import type { QueuedInput, SessionEntry, StoredEntry } from './session-store.ts'

/** A run as the entries of its session show it. */
export interface RunInLog {
  /** The version at which its input was read; `undefined` for a run that never took its place. */
  readonly version: string | undefined
  /** Queued inputs that are part of its input, in order. */
  readonly takes: readonly QueuedInput[]
  /** How many messages the session had when the input was read. */
  readonly begunAt: number
  /** How many messages it has added. */
  readonly added: number
  /** False while it is open, and after an error that ended it. */
  readonly isEnded: boolean
}

/** The place of the one run of a session that is open. */
export interface Place {
  readonly runId: string
  /** When others may take it, in milliseconds since the Unix epoch; `undefined` for never. */
  readonly until: number | undefined
}

interface Waiting extends QueuedInput {
  readonly takenBy: string | undefined
}

/** What the entries of a session come to. */
export class SessionLog {
  #version: string | undefined
  readonly #messages: Message[] = []
  #view: Message[] = []
  #place: Place | undefined
  #waiting: readonly Waiting[] = []
  readonly #runs = new Map<string, RunInLog>()
  /** The run that has answered a queued input, by the run that the input was queued for. */
  readonly #answered = new Map<string, string>()

  static of(entries: readonly StoredEntry[]): SessionLog {
    const log = new SessionLog()
    for (const entry of entries) log.add(entry)
    return log
  }

  /** The version of the last entry; `undefined` for a session without entries. */
  get version(): string | undefined {
    return this.#version
  }

  /** All messages that were ever added. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  /** The messages from which the next run starts. */
  get view(): readonly Message[] {
    return this.#view
  }

  /** Queued inputs that no run has taken. */
  get queued(): readonly QueuedInput[] {
    return this.#waiting.filter(({ takenBy }) => takenBy === undefined).map(({ runId, messages }) => ({ runId, messages }))
  }

  /** The place of the run that is open at this time, in milliseconds since the Unix epoch. */
  placeAt(now: number): Place | undefined {
    const isOver = this.#place?.until !== undefined && this.#place.until < now
    return isOver ? undefined : this.#place
  }

  run(runId: string): RunInLog | undefined {
    return this.#runs.get(runId)
  }

  /** The input that was queued for a run, until it is answered. */
  waitingInput(runId: string): QueuedInput | undefined {
    return this.#waiting.find((waiting) => waiting.runId === runId)
  }

  /** The run whose input has what was queued for this one. */
  takerOf(runId: string): string | undefined {
    return this.#answered.get(runId) ?? this.#waiting.find((waiting) => waiting.runId === runId)?.takenBy
  }

  add({ version, entry }: StoredEntry): void {
    this.#version = version
    if (entry.type === 'open') this.#open(version, entry)
    else if (entry.type === 'messages') this.#addMessages(entry)
    else if (entry.type === 'close') this.#leave(entry.runId)
    else this.#waiting = [...this.#waiting, { runId: entry.runId, messages: entry.messages, takenBy: undefined }]
  }

  #open(version: string, { runId, until, takes = [], from }: Extract<SessionEntry, { type: 'open' }>): void {
    // The time of the run before is over.
    if (this.#place !== undefined && this.#place.runId !== runId) this.#leave(this.#place.runId)
    this.#place = { runId, until }
    this.#waiting = this.#waiting.map((waiting) => (takes.includes(waiting.runId) ? { ...waiting, takenBy: runId } : waiting))
    const before = this.#runs.get(runId)
    if (before !== undefined && from !== undefined) this.#runs.set(runId, { ...before, isEnded: false })
    else {
      const taken = this.#waiting.filter((waiting) => takes.includes(waiting.runId)).map(({ runId, messages }) => ({ runId, messages }))
      this.#runs.set(runId, { version, takes: taken, begunAt: this.#messages.length, added: 0, isEnded: false })
    }
  }

  #addMessages({ messages, runId, view, isBroken }: Extract<SessionEntry, { type: 'messages' }>): void {
    const begunAt = this.#messages.length
    for (const message of messages) this.#messages.push(message)
    if (view !== undefined) this.#view = [...view]
    else for (const message of messages) this.#view.push(message)
    if (runId === undefined) return
    const run = this.#runs.get(runId) ?? { version: undefined, takes: [], begunAt, added: 0 }
    this.#runs.set(runId, { ...run, added: run.added + messages.length, isEnded: isBroken !== true })
    for (const { runId: id, takenBy } of this.#waiting) if (takenBy === runId) this.#answered.set(id, runId)
    this.#waiting = this.#waiting.filter(({ takenBy }) => takenBy !== runId)
    if (this.#place?.runId === runId) this.#place = undefined
  }

  // What the run had taken waits for another run again.
  #leave(runId: string): void {
    if (this.#place?.runId === runId) this.#place = undefined
    this.#waiting = this.#waiting.map((waiting) => (waiting.takenBy === runId ? { ...waiting, takenBy: undefined } : waiting))
  }
}
