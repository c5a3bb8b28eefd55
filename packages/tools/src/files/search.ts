import { formatCount } from '@capstan/core/internal'
import type { Jail, OpenEntry } from './jail.ts'
import { readLines } from './read-lines.ts'
import { showInLine, showPath } from './show-text.ts'
import { type WalkStops, walk } from './walk.ts'

const maxMatches = 100
const maxLineLength = 200
const maxFileBytes = 2 * 1024 * 1024
const maxEntries = 20_000
const maxDepth = 20
const maxMs = 10_000

/** The query of a search, and where it starts. */
export interface Search {
  readonly jail: Jail
  /** The file to search, or the folder below which to search. It is already closed, and is opened again by its path. */
  readonly start: Pick<OpenEntry, 'path' | 'kind'>
  readonly query: string
  readonly signal: AbortSignal
}

interface Progress {
  readonly matches: string[]
  readonly stops: WalkStops
  readonly endsAt: number
  files: number
  unread: number
}

/** Finds the lines that contain the query. The result says what was not searched. */
export async function searchIn(search: Search): Promise<string> {
  const progress: Progress = { matches: [], stops: new Set(), endsAt: performance.now() + maxMs, files: 0, unread: 0 }
  const needle = search.query.toLowerCase()
  for await (const path of filesOf(search, progress)) {
    if (performance.now() > progress.endsAt) progress.stops.add('time')
    if (progress.stops.has('time') || progress.matches.length >= maxMatches) break
    await searchFile(path, { search, progress, needle })
  }
  return [...progress.matches, `(${describe(progress)})`].join('\n')
}

async function* filesOf({ jail, start, signal }: Search, { stops }: Progress): AsyncGenerator<string> {
  if (start.kind === 'file') return yield start.path
  for await (const entry of walk(jail, start.path, { limits: { maxEntries, maxDepth, maxMs, signal }, stops })) {
    if (entry.kind === 'file') yield entry.path
  }
}

interface FileSearch {
  readonly search: Search
  readonly progress: Progress
  readonly needle: string
}

async function searchFile(path: string, { search, progress, needle }: FileSearch): Promise<void> {
  progress.files++
  const { matches, endsAt, stops } = progress
  const found: string[] = []
  try {
    const { handle, size } = await search.jail.open(path)
    try {
      if (size > maxFileBytes) progress.unread++
      const limits = { maxBytes: maxFileBytes, maxLineLength: maxFileBytes, signal: search.signal }
      for await (const line of size > maxFileBytes ? [] : readLines(handle, limits)) {
        if (line.text.toLowerCase().includes(needle)) found.push(`${showPath(path)}:${line.number}: ${showInLine(excerpt(line.text, needle))}`)
        if (performance.now() > endsAt) stops.add('time')
        if (matches.length + found.length >= maxMatches || stops.has('time')) break
      }
      matches.push(...found)
    } finally {
      await handle.close()
    }
  } catch {
    search.signal.throwIfAborted()
    // The file is binary, was deleted since, or cannot be read.
    progress.unread++
  }
}

function excerpt(line: string, needle: string): string {
  const text = line.trim()
  if (text.length <= maxLineLength) return text
  const from = Math.max(0, Math.min(text.toLowerCase().indexOf(needle) - 50, text.length - maxLineLength))
  return `${from > 0 ? '…' : ''}${text.slice(from, from + maxLineLength)}…`
}

function describe({ matches, stops, files, unread }: Progress): string {
  const notes = [`${formatCount(matches.length)} matching lines in ${formatCount(files)} files`]
  if (matches.length >= maxMatches) notes.push(`stopped at ${maxMatches}: search for a longer text, or in one folder`)
  if (unread > 0)
    notes.push(`${formatCount(unread)} files were not searched, because they are binary, unreadable or larger than ${formatCount(maxFileBytes)} bytes`)
  if (stops.has('count')) notes.push(`stopped after ${formatCount(maxEntries)} entries`)
  if (stops.has('depth')) notes.push(`folders below ${maxDepth} levels were not entered`)
  if (stops.has('time')) notes.push(`stopped after ${maxMs / 1_000} s`)
  if (stops.has('unreadable')) notes.push('a folder could not be read')
  return notes.join('; ')
}
