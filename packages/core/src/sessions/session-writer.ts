import type { Message } from '../contract/messages.ts'
import { checkNames } from '../contract/options.ts'
import { checkMessages } from '../transcripts/check.ts'
import { SessionLog } from './session-log.ts'
import { conflict, refuseBusy } from './session-rules.ts'
import type { SessionEntry, SessionStore, StoredEntry } from './session-store.ts'

/** Options of `session.append`. */
export interface AppendOptions {
  /** The id of the run that the messages come from: they are added once, however often this is called. */
  readonly runId?: string
  /** The messages from which the next run starts, these included, where the history was shortened. Default: all messages. */
  readonly view?: readonly Message[]
}

const attempts = 100

/** Reads the entries of one session and adds to them. Of two writers that add at once, one reads again and decides again. */
export class SessionWriter {
  readonly id: string
  readonly #store: SessionStore
  #entries: readonly StoredEntry[]
  #log: SessionLog

  private constructor(store: SessionStore, id: string, entries: readonly StoredEntry[]) {
    this.#store = store
    this.id = id
    this.#entries = entries
    this.#log = SessionLog.of(entries)
  }

  static async open(store: SessionStore, id: string): Promise<SessionWriter> {
    return new SessionWriter(store, id, await store.read(id))
  }

  /** Like a writer that read the session before it existed: `change` reads it before anything is decided that the store does not confirm. */
  static unread(store: SessionStore, id: string): SessionWriter {
    return new SessionWriter(store, id, [])
  }

  /** The session as it was last read or written here. */
  get log(): SessionLog {
    return this.#log
  }

  /** The session up to the entry of this version; `undefined` when it does not have the entry. */
  logAt(version: string): SessionLog | undefined {
    const index = this.#entries.findIndex((entry) => entry.version === version)
    return index < 0 ? undefined : SessionLog.of(this.#entries.slice(0, index + 1))
  }

  async refresh(): Promise<void> {
    this.#entries = await this.#store.read(this.id)
    this.#log = SessionLog.of(this.#entries)
  }

  /**
   * Adds the entry that follows from what the session is now.
   *
   * @param decide - A pure function: it is called again when the session was changed. Its last answer, or its error, is about what is in the store.
   */
  async change(decide: (log: SessionLog) => SessionEntry | undefined): Promise<void> {
    let isFresh = false
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { entry, error } = tryTo(() => decide(this.#log))
      if (entry !== undefined && (await this.#append(entry))) return
      if (entry === undefined && isFresh) {
        if (error !== undefined) throw error
        return
      }
      await this.refresh()
      isFresh = true
    }
    throw conflict(`Others have changed the session '${this.id}' ${attempts} times while this process tried to add to it. Try again later.`)
  }

  async #append(entry: SessionEntry): Promise<boolean> {
    const after = this.#log.version
    const version = await this.#store.append(this.id, after, entry)
    if (version === undefined) return false
    // Another call of this process may have read the session meanwhile.
    if (this.#log.version !== after) await this.refresh()
    else {
      const stored: StoredEntry = { version, entry }
      this.#entries = [...this.#entries, stored]
      this.#log.add(stored)
    }
    return true
  }

  /** Adds messages of a caller. See `session.append`. */
  async append(messages: readonly Message[], options: AppendOptions): Promise<void> {
    checkNames(options, { names: ['runId', 'view'], what: 'an option of session.append()' })
    const { runId, view } = options
    if (messages.length === 0) return
    const { id } = this
    const seen = this.#log.version
    await this.change((log): SessionEntry | undefined => {
      if (runId !== undefined && (log.run(runId)?.added ?? 0) > 0) return undefined
      refuseBusy(log, { sessionId: id, runId, now: Date.now() })
      if (log.version !== seen)
        throw conflict(`The session '${id}' was changed since it was read, so nothing was added. Read it again, and decide what to append.`)
      checkMessages([...log.view, ...messages])
      if (view !== undefined) checkMessages(view)
      return { type: 'messages', messages, ...(runId !== undefined && { runId }), ...(view !== undefined && { view }) }
    })
  }

  /** Gives the place of a run up. */
  async release(runId: string): Promise<void> {
    await this.change((log) => (log.placeAt(Date.now())?.runId === runId ? { type: 'close', runId } : undefined))
  }

  /** Copies the messages and the view to a new session. */
  async fork(newId: string): Promise<SessionWriter> {
    await this.refresh()
    const { messages, view } = this.#log
    const fork = await SessionWriter.open(this.#store, newId)
    const isNew = messages.length > 0 && fork.log.version === undefined
    if (isNew && (await fork.#append({ type: 'messages', messages, view }))) return fork
    throw conflict(`The session '${this.id}' cannot be forked to '${newId}': that id is taken, or the session has no messages in the store.`)
  }
}

function tryTo(decide: () => SessionEntry | undefined): { readonly entry?: SessionEntry | undefined; readonly error?: unknown } {
  try {
    return { entry: decide() }
  } catch (error) {
    return { error }
  }
}
