import type { Journal, SessionStore } from '@capstan/core'
import { fileJournal, fileSessions, type JournalOptions, postgresJournal, postgresSessions } from '@capstan/durable'

/** A journal that the command line names. */
export interface NamedJournal {
  readonly journal: Journal
  /** Its folder or connection string, for people to read and commands to copy: without a password. */
  readonly name: string
}

/** Opens the journal in a folder, or in the database of a connection string. */
export function openJournal(location: string, options: JournalOptions = {}): NamedJournal {
  if (!isPostgres(location)) return { journal: fileJournal(location, options), name: location }
  return { journal: postgresJournal(location, options), name: withoutPassword(location) }
}

/** Opens the sessions in a folder, or in the database of a connection string. */
export function openSessions(location: string): SessionStore {
  return isPostgres(location) ? postgresSessions(location) : fileSessions(location)
}

/** True for a connection string of PostgreSQL. Any other location is a folder. */
export function isPostgres(location: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(location)
}

/** A folder or connection string as people may see it: without a password. */
export function shownLocation(location: string): string {
  return isPostgres(location) ? withoutPassword(location) : location
}

// Not parsed: a password may hold characters that it should not, and must not be shown either.
function withoutPassword(connectionString: string): string {
  return connectionString.replace(/^(\w+:\/\/[^/?#:]*):.*@/s, '$1@').replace(/(?<=[?&]password=)[^&#]*/gi, '***')
}
