import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import type { Jail } from './jail.ts'
import { trashName } from './places.ts'

/** Folders that are listed but not entered, unless the path leads into them. */
export const skippedFolders: ReadonlySet<string> = new Set(['node_modules', '.git', trashName])

/** Bounds of one walk. */
export interface WalkLimits {
  readonly maxEntries: number
  readonly maxDepth: number
  readonly maxMs: number
  readonly signal: AbortSignal
}

/** One entry of a walk. Symbolic links are listed, never followed. */
export interface WalkEntry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'skipped folder' | 'link' | 'special'
}

/** Why a walk is incomplete. */
export type WalkStop = 'count' | 'depth' | 'time' | 'unreadable'

/** The reasons why a walk is incomplete. */
export type WalkStops = Set<WalkStop>

/** Options of `walk`. */
export interface WalkOptions {
  readonly limits: WalkLimits
  readonly stops: WalkStops
}

interface Folder {
  readonly path: string
  readonly depth: number
}

/**
 * Walks a folder level by level; each level is sorted by name. Stops at the bound of count or time. If the signal aborts, throws its reason.
 *
 * @param stops - Receives the reasons why the walk is incomplete.
 */
export async function* walk(jail: Jail, start: string, { limits, stops }: WalkOptions): AsyncGenerator<WalkEntry> {
  const endsAt = performance.now() + limits.maxMs
  const queue: Folder[] = [{ path: start, depth: 1 }]
  let left = limits.maxEntries
  for (const { path, depth } of queue) {
    const entries = await readFolder(jail, path, { maxEntries: left, stops })
    left -= entries.length
    if (performance.now() > endsAt) stops.add('time')
    if (stops.has('time')) return
    for (const entry of entries) {
      limits.signal.throwIfAborted()
      const found = describe(entry, path)
      if (found.kind === 'folder') enter(queue, { path: found.path, depth: depth + 1 }, { limits, stops })
      yield found
    }
    if (stops.has('count')) return
  }
}

function enter(queue: Folder[], folder: Folder, { limits, stops }: WalkOptions): void {
  if (folder.depth > limits.maxDepth) stops.add('depth')
  else queue.push(folder)
}

interface ReadOptions {
  readonly maxEntries: number
  readonly stops: WalkStops
}

async function readFolder(jail: Jail, path: string, options: ReadOptions): Promise<readonly Dirent[]> {
  try {
    const { handle, handlePath } = await jail.open(path)
    try {
      return await firstEntries(handlePath, options)
    } finally {
      await handle.close()
    }
  } catch {
    options.stops.add('unreadable')
    return []
  }
}

/** The first entries by name. Their number is bounded, because a folder can hold millions; the system lists them in no particular order. */
async function firstEntries(path: string, { maxEntries, stops }: ReadOptions): Promise<readonly Dirent[]> {
  const entries: Dirent[] = []
  for await (const entry of await opendir(path)) {
    if (entries.length >= maxEntries) {
      stops.add('count')
      break
    }
    entries.push(entry)
  }
  return entries.sort((first, second) => (first.name < second.name ? -1 : 1))
}

function describe(entry: Dirent, folder: string): WalkEntry {
  const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
  if (entry.isSymbolicLink()) return { path, kind: 'link' }
  if (entry.isDirectory()) return { path, kind: skippedFolders.has(entry.name) ? 'skipped folder' : 'folder' }
  return { path, kind: entry.isFile() ? 'file' : 'special' }
}
