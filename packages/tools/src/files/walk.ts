import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { Jail } from './jail.ts'

/** Folders that are named, but not entered, unless a path leads into them. */
export const skippedFolders: ReadonlySet<string> = new Set(['node_modules', '.git'])

/** Bounds of one walk. */
export interface WalkLimits {
  readonly maxEntries: number
  readonly maxDepth: number
  readonly maxMs: number
  readonly signal: AbortSignal
}

/** One entry of a walk. Links are named, never followed. */
export interface WalkEntry {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'skipped folder' | 'link' | 'special'
}

/** Why a walk saw less than everything. */
export type WalkStop = 'count' | 'depth' | 'time' | 'unreadable'

/** Bounds that were met. */
export type WalkStops = Set<WalkStop>

interface Folder {
  readonly path: string
  readonly depth: number
}

/**
 * Walks a folder level by level, each in the order of names. Stops at the first bound of count or time; throws the reason of the signal.
 *
 * @param stops - Receives the bounds that were met.
 */
export async function* walk(
  jail: Jail,
  start: string,
  { limits, stops }: { readonly limits: WalkLimits; readonly stops: WalkStops },
): AsyncGenerator<WalkEntry> {
  const endsAt = performance.now() + limits.maxMs
  const queue: Folder[] = [{ path: start, depth: 1 }]
  let count = 0
  for (const folder of queue) {
    for (const entry of await readFolder(jail, folder.path, stops)) {
      limits.signal.throwIfAborted()
      if (performance.now() > endsAt) return void stops.add('time')
      if (++count > limits.maxEntries) return void stops.add('count')
      const found = describe(entry, folder.path)
      if (found.kind === 'folder' && folder.depth < limits.maxDepth) queue.push({ path: found.path, depth: folder.depth + 1 })
      else if (found.kind === 'folder') stops.add('depth')
      yield found
    }
  }
}

async function readFolder(jail: Jail, path: string, stops: WalkStops): Promise<readonly Dirent[]> {
  try {
    const { handle, handlePath } = await jail.open(path)
    try {
      const entries = await readdir(handlePath, { withFileTypes: true })
      return entries.sort((first, second) => (first.name < second.name ? -1 : 1))
    } finally {
      await handle.close()
    }
  } catch {
    stops.add('unreadable')
    return []
  }
}

function describe(entry: Dirent, folder: string): WalkEntry {
  const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
  if (entry.isSymbolicLink()) return { path, kind: 'link' }
  if (entry.isDirectory()) return { path, kind: skippedFolders.has(entry.name) ? 'skipped folder' : 'folder' }
  return { path, kind: entry.isFile() ? 'file' : 'special' }
}
