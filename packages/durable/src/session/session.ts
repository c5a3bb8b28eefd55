import { AgentError, checkMessages, type Message } from '@capstan/core'
import type { SessionContent, SessionStore } from './session-store.ts'

/**
 * A conversation in a store. Two that write to it at once do not lose a message: the second one is told of a conflict.
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

  /** Reads a session; one that is not there is empty, and made by its first append. */
  static async open(store: SessionStore, id: string): Promise<Session> {
    return new Session(store, id, await store.read(id))
  }

  /** All messages, as they were read and added here. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  /**
   * Adds messages: all of them durably, or none.
   *
   * @throws {AgentError} `session-conflict` when somebody else added to the session or deleted it since it was read; `invalid-messages`
   * when the whole could not be sent.
   */
  async append(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return
    const all = [...this.#messages, ...messages]
    checkMessages(all)
    const version = await this.#store.append(this.id, this.#version, messages)
    if (version === undefined) throw conflict(`The session '${this.id}' was changed since it was read, so nothing was added.`)
    this.#messages = all
    this.#version = version
  }

  /**
   * Copies what the store has of this session to a new id.
   *
   * @throws {AgentError} `session-conflict` when the new id is taken, or the store does not have this session.
   */
  async fork(newId: string): Promise<Session> {
    if (await this.#store.fork(this.id, newId)) return await Session.open(this.#store, newId)
    throw conflict(`The session '${this.id}' cannot be forked to '${newId}': that id is taken, or the session is not in the store.`)
  }
}

function conflict(message: string): AgentError {
  return new AgentError(message, { code: 'session-conflict' })
}
