import { link, rename, unlink } from 'node:fs/promises'
import { ToolError } from '@capstan/core'
import { codeOf, explained } from './explain-error.ts'
import { isSameFile, lookAt, type Place } from './places.ts'
import { syncFolder } from './replace-file.ts'
import { showPath } from './show-text.ts'

/** Moves a file or a folder to a path at which nothing is. */
export async function moveEntry(from: Place, to: Place): Promise<string> {
  const stats = await lookAt(from)
  const shown = JSON.stringify(from.path)
  if (stats === undefined) throw new ToolError(`${shown} does not exist. Use list_files to see what exists.`)
  if (stats.isSymbolicLink()) throw new ToolError(`${shown} is a symbolic link, and elsewhere it could lead to something else. Move what it leads to.`)
  if (stats.isDirectory()) await moveFolder(from, to)
  else if (stats.isFile()) await moveFile(from, to)
  else throw new ToolError(`${shown} is neither a file nor a folder.`)
  await syncFolder(to)
  await syncFolder(from)
  return `Moved ${showPath(from.path)} to ${showPath(to.path)}.`
}

async function moveFile(from: Place, to: Place): Promise<void> {
  await explained({ shown: to.path, attempt: 'changed' }, async () => {
    await linkOrFindSame(from, to)
    // Only the name is removed: the file has the other one.
    await unlink(from.systemPath)
  })
}

/** Unlike renaming, linking does not replace what is there. A move that was interrupted has the link already. */
async function linkOrFindSame(from: Place, to: Place): Promise<void> {
  try {
    await link(from.systemPath, to.systemPath)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    const [first, second] = [await lookAt(from), await lookAt(to)]
    const isInterrupted = first !== undefined && second !== undefined && isSameFile(first, second) && from.path !== to.path
    if (!isInterrupted) throw error
  }
}

async function moveFolder(from: Place, to: Place): Promise<void> {
  // The system replaces an empty folder and nothing else; where one appears at this moment, nothing is lost.
  if ((await lookAt(to)) !== undefined) throw new ToolError(`${JSON.stringify(to.path)} exists already.`)
  await explained({ shown: from.path, attempt: 'changed' }, () => rename(from.systemPath, to.systemPath))
}
