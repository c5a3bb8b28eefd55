import type { Message, SessionEntry } from '@capstan/core'

/** Writes an entry as text. Messages that belong to no run are a plain list, as release 0.1.0 wrote and reads them. */
export function encodeEntry(entry: SessionEntry): string {
  const isPlain = entry.type === 'messages' && entry.runId === undefined && entry.view === undefined
  return JSON.stringify(isPlain ? entry.messages : entry)
}

/** Reads what `encodeEntry` wrote. */
export function decodeEntry(text: string): SessionEntry {
  // Written by this package only.
  const value = JSON.parse(text) as SessionEntry | readonly Message[]
  return isList(value) ? { type: 'messages', messages: value } : value
}

function isList(value: SessionEntry | readonly Message[]): value is readonly Message[] {
  return Array.isArray(value)
}
