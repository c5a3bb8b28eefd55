import { Session, type SessionStore } from '@capstan/core'
import { Refusal } from './http/refusal.ts'
import type { Principal } from './principal.ts'
import type { ServerSession } from './protocol.ts'
import { isSessionName, makeSessionId, makeSessionPrefix } from './runs/run-ids.ts'

/** A conversation in a list. */
export interface ListedServerSession {
  readonly session: string
  /** Milliseconds since the Unix epoch. */
  readonly changedAt: number
}

/** The conversations of each principal. */
export class ServerSessions {
  readonly #store: SessionStore | undefined

  constructor(store: SessionStore | undefined) {
    this.#store = store
  }

  /** The sessions of a principal, in the order of their names. */
  async list(principal: Principal, { limit, after }: { readonly limit: number; readonly after: string }): Promise<readonly ListedServerSession[]> {
    if (this.#store === undefined || (after !== '' && !isSessionName(after))) return []
    const prefix = makeSessionPrefix(principal.id)
    const listed = await this.#store.list({ after: `${prefix}${after}`, limit })
    return listed
      .filter(({ sessionId }) => sessionId.startsWith(prefix))
      .map(({ sessionId, changedAt }) => ({ session: sessionId.slice(prefix.length), changedAt }))
  }

  /** @throws {Refusal} 404. */
  async read(principal: Principal, name: string): Promise<ServerSession> {
    const session = await this.#open(principal, name)
    if (session === undefined || session.writer.log.version === undefined) throw noSuchSession()
    const { allMessages, openRun } = session
    return { session: name, messages: allMessages.map(withoutLabels), ...(openRun !== undefined && { openRun }) }
  }

  /** @throws {Refusal} 404; 409 while a run is open. */
  async delete(principal: Principal, name: string): Promise<void> {
    const session = await this.#open(principal, name)
    if (session === undefined || session.writer.log.version === undefined) throw noSuchSession()
    const { openRun } = session
    if (openRun !== undefined) throw new Refusal(409, ['session-busy', 'A run of this session is open. Stop it first.'], { runId: openRun })
    await this.#store?.delete(session.id)
  }

  async #open(principal: Principal, name: string): Promise<Session | undefined> {
    if (this.#store === undefined || !isSessionName(name)) return undefined
    return await Session.open(this.#store, makeSessionId(principal.id, name))
  }
}

function noSuchSession(): Refusal {
  return new Refusal(404, ['session-not-found', 'There is no such session.'])
}

/** What the framework keeps beside a message is its own: it may say what a text was made of. */
function withoutLabels<Message extends object>(message: Message): Message {
  return JSON.parse(
    JSON.stringify(message, (name, value: unknown) => (name === 'labels' || name === 'key' || name === 'summary' ? undefined : value)),
  ) as Message
}
