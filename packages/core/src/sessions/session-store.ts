import type { Message } from '../contract/messages.ts'

/**
 * Keeps conversations, each as a list of entries that only grows. `@capstan/durable` has three; any object with these methods is a store.
 * The meaning of the entries is not the store's: it keeps them as JSON.
 */
export interface SessionStore {
  /**
   * Adds an entry as the next version of a session: durably, or not at all. Of several calls with the same `after` only one adds its entry.
   *
   * @param after - The version that it follows; `undefined` for a new session.
   * @returns The new version; `undefined` when the version of the session is not `after`. Then nothing is added.
   */
  append(sessionId: string, after: string | undefined, entry: SessionEntry): Promise<string | undefined>
  /** All entries in order; an empty list when the session does not exist. */
  read(sessionId: string): Promise<readonly StoredEntry[]>
  /** Sessions in the order of their ids, by UTF-8 bytes. */
  list(options?: SessionListOptions): Promise<readonly ListedSession[]>
  /** Removes a session, if it exists. */
  delete(sessionId: string): Promise<void>
}

/** Which sessions a store lists. */
export interface SessionListOptions {
  /** Only ids after this one: the last id of the page before. */
  readonly after?: string
  /** How many at most. Default: all. */
  readonly limit?: number
}

/** A session in the list of its store. */
export interface ListedSession {
  readonly sessionId: string
  /** Milliseconds since the Unix epoch. */
  readonly changedAt: number
}

/** An entry of a session, with the version that it made. */
export interface StoredEntry {
  /** Never repeats, not even when the session is deleted and begun again. */
  readonly version: string
  readonly entry: SessionEntry
}

/** What happened in a session, as plain JSON. */
export type SessionEntry =
  /**
   * Messages were added. With a `runId` they are those of a run, which gives its place back. `view`: the messages from which the next run
   * starts, these included, where the run shortened its history. `isBroken`: an error ended the run, which may still be continued.
   */
  | {
      readonly type: 'messages'
      readonly messages: readonly Message[]
      readonly runId?: string
      readonly view?: readonly Message[]
      readonly isBroken?: true
    }
  /**
   * A run took its place, or keeps it. `until`: the time at which others may take it, in milliseconds since the Unix epoch; without it
   * only the run, or `release`, gives it back. `takes`: the ids of queued inputs that are input of this run. `from`: the version at which
   * the run has read its input, where that is not this one.
   */
  | { readonly type: 'open'; readonly runId: string; readonly until?: number; readonly takes?: readonly string[]; readonly from?: string }
  /** A run gave its place back and added nothing. */
  | { readonly type: 'close'; readonly runId: string }
  /** The input of a run that has to wait for another one. */
  | ({ readonly type: 'queue' } & QueuedInput)

/** The input of a run that has to wait for another run of its session. */
export interface QueuedInput {
  readonly runId: string
  readonly messages: readonly Message[]
}
