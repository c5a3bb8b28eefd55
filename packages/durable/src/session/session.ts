import { AgentError, checkMessages, type Message } from '@capstan/core'
import type { SessionContent, SessionStore } from './session-store.ts'

/**
 * A conversation in a store. When two processes append at once, no message is lost: the second append is refused.
 *
 * ```ts
 * const session = await Session.open(fileSessions('sessions'), 'user-7')
 * const result = await agent.generate([...session.messages, user('And for Oslo?')])
 * await session.append(result.messages.slice(session.messages.length))
 * ```
 */
export class Session {
  readonly id: string
  readonly #store: SessionStore
  #messages: readonly Message[]
  #version: string | undefined

  private constructor(store: SessionStore, id: string, content: SessionContent | undefined) {
    this.#store = store
    this.id = id
    this.#messages = content?.messages ?? []
    this.#version = content?.version
  }

  /** Reads a session. One that does not exist is empty, and its first append creates it. */
  static async open(store: SessionStore, id: string): Promise<Session> {
    return new Session(store, id, await store.read(id))
  }

  /** All messages: those that were read, and those that were appended here. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  /**
   * Adds messages: all of them durably, or none.
   *
   * @throws {AgentError} `session-conflict` when the session was changed or deleted since it was read; `invalid-messages` when the
   * messages of the session could not be sent to a model with these added.
   */
  async append(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return
    const all = [...this.#messages, ...messages]
    checkMessages(all)
    const version = await this.#store.append(this.id, this.#version, messages)
    if (version === undefined)
      throw conflict(`The session '${this.id}' was changed since it was read, so nothing was added. Open it again, and decide what to append.`)
    this.#messages = all
    this.#version = version
  }

  /**
   * Copies this session, as it is in the store, to a new id.
   *
   * @throws {AgentError} `session-conflict` when the new id is taken, or when the store does not have this session.
   */
  async fork(newId: string): Promise<Session> {
    if (await this.#store.fork(this.id, newId)) return await Session.open(this.#store, newId)
    throw conflict(`The session '${this.id}' cannot be forked to '${newId}': that id is taken, or the session is not in the store.`)
  }
}

function conflict(message: string): AgentError {
  return new AgentError(message, { code: 'session-conflict' })
}
