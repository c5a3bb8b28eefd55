import type { Message } from '@capstan/core'

/** Keeps conversations. Any object with these methods is a store. */
export interface SessionStore {
  /**
   * Adds messages as the next version: all of them durably, or none.
   *
   * @param after - The version that they follow; `undefined` for a new session.
   * @returns The new version; `undefined` if the version of the session is not `after`. Then nothing is added.
   */
  append(sessionId: string, after: string | undefined, messages: readonly Message[]): Promise<string | undefined>
  /** All messages and their version; `undefined` when the session does not exist. */
  read(sessionId: string): Promise<SessionContent | undefined>
  list(): Promise<readonly string[]>
  /** Removes a session, if it exists. */
  delete(sessionId: string): Promise<void>
  /** Copies a session to a new id. Returns false, and copies nothing, when the session does not exist or the new id is taken. */
  fork(sessionId: string, newId: string): Promise<boolean>
}

/** The messages of a session, with their version. */
export interface SessionContent {
  /** Changes with each append and never repeats, not even when the session is deleted and begun again. */
  readonly version: string
  readonly messages: readonly Message[]
}
