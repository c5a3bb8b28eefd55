import type { Message } from '@capstan/core'

/** Keeps conversations: five methods, so any store can. */
export interface SessionStore {
  /**
   * Adds messages as the next version, in one step and durably.
   *
   * @param after - The version that they follow; `undefined` for a new session.
   * @returns The new version; `undefined`, and nothing is added, when the session is not at `after` any more.
   */
  append(sessionId: string, after: string | undefined, messages: readonly Message[]): Promise<string | undefined>
  /** All messages and the version that they are; `undefined` when there is no such session. */
  read(sessionId: string): Promise<SessionContent | undefined>
  list(): Promise<readonly string[]>
  /** Removes a session, if it is there. */
  delete(sessionId: string): Promise<void>
  /** Copies a session as it is now to a new id. Returns false, and copies nothing, when there is none or the new id is taken. */
  fork(sessionId: string, newId: string): Promise<boolean>
}

export interface SessionContent {
  /** Changes with each append, and is never the same again: also not after the session was deleted and begun anew. */
  readonly version: string
  readonly messages: readonly Message[]
}
