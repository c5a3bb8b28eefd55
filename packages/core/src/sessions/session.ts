import type { Message } from '../contract/messages.ts'
import type { QueuedInput, SessionStore } from './session-store.ts'
import type { AppendOptions, SessionWriter } from './session-writer.ts'

/**
 * A conversation in a store. A run reads it and adds to it: one run at a time has its place in a session, in whatever process.
 *
 * ```ts
 * const session = await Session.open(fileSessions('sessions'), 'user-7')
 * const result = await agent.generate('And for Oslo?', { session })
 * ```
 */
export class Session {
  readonly id: string
  readonly isSession = true
  /** What runs read and write the session with. */
  readonly writer: SessionWriter

  private constructor(writer: SessionWriter) {
    this.id = writer.id
    this.writer = writer
  }

  /** Reads a session. One that does not exist is empty, and its first entry creates it. */
  static async open(store: SessionStore, id: string): Promise<Session> {
    // Loaded with the first session of the process: importing the package does not read it.
    const { SessionWriter } = await import('./session-writer.ts')
    return new Session(await SessionWriter.open(store, id))
  }

  /**
   * A session that is not read yet, for the code of a workflow, which must do nothing outside of its recorded steps: a run with it reads it
   * when it begins. Its messages are empty until then, or until `refresh`.
   */
  static async unread(store: SessionStore, id: string): Promise<Session> {
    const { SessionWriter } = await import('./session-writer.ts')
    return new Session(SessionWriter.unread(store, id))
  }

  /** The messages from which the next run starts: all, or less where a run shortened its history. */
  get messages(): readonly Message[] {
    return this.writer.log.view
  }

  /** All messages that were ever added. */
  get allMessages(): readonly Message[] {
    return this.writer.log.messages
  }

  /** The run that has its place in the session: it is at work, waits for a person, or was interrupted. `undefined` when the next run may begin. */
  get openRun(): string | undefined {
    return this.writer.log.placeAt(Date.now())?.runId
  }

  /** What runs with `whilePaused: 'queue'` were given while another run was open: input of the next run. */
  get queued(): readonly QueuedInput[] {
    return this.writer.log.queued
  }

  /** Reads the session again. */
  async refresh(): Promise<this> {
    await this.writer.refresh()
    return this
  }

  /**
   * Adds messages: all of them durably, or none. A run with this session adds its messages by itself.
   *
   * @throws {AgentError} `session-conflict` when the session was changed or deleted since it was read; `session-busy` while another run is
   * open; `invalid-messages` when the messages could not be sent to a model with these added.
   */
  async append(messages: readonly Message[], options: AppendOptions = {}): Promise<void> {
    await this.writer.append(messages, options)
  }

  /**
   * Gives the place of a run up, such as of a paused one that nobody will continue. What was queued waits for the next run. If the run
   * ends later all the same, its messages are added then. Does nothing when the run is not open.
   */
  async release(runId: string): Promise<void> {
    await this.writer.release(runId)
  }

  /**
   * Copies the messages of this session, as it is in the store, to a new id. An open run and what is queued are not copied.
   *
   * @throws {AgentError} `session-conflict` when the new id is taken, or when the store does not have this session.
   */
  async fork(newId: string): Promise<Session> {
    return new Session(await this.writer.fork(newId))
  }
}
