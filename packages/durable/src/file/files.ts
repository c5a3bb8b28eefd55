import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, type FileHandle, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AgentError } from '@capstan/core'
import { hasCode } from '../failure.ts'
import { isPidTaken } from '../process-identity.ts'

/** Only the user who owns the process may read folders and files: they contain what users said and what tools returned. */
const folderMode = 0o700
export const fileMode = 0o600

const draftPrefix = '.draft-'
const removedPrefix = '.deleted-'

/** A draft older than this was left by a process that crashed. */
const maxWorkMs = 60_000

/** The text of a file; `undefined` if it does not exist. */
export async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(undefinedIf('ENOENT'))
}

/** Opens a file for reading, runs the work and closes the file; `undefined` if it does not exist. */
export async function withFile<Result>(path: string, work: (file: FileHandle) => Promise<Result>): Promise<Result | undefined> {
  const file = await open(path, 'r').catch(undefinedIf('ENOENT'))
  if (file === undefined) return undefined
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/** The names in a folder; an empty list if it does not exist. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(undefinedIf('ENOENT', 'ENOTDIR'))) ?? []
}

/** Lists the names in the folder of a store. There are none while the folder does not exist. If the path is a file, this fails. */
export async function namesInRoot(root: string): Promise<readonly string[]> {
  return (await readdir(root).catch(undefinedIf('ENOENT'))) ?? []
}

/** Syncs a folder, so that names created, renamed or removed in it survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder. Its file systems keep a journal of names.
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Creates a folder and those above it, and syncs each folder that got a new name. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: folderMode })
  if (first === undefined) return
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    await syncFolder(parent)
    if (parent === dirname(first) || parent === dirname(parent)) return
  }
}

export interface FileContent {
  readonly text: string
  /** True if the file must survive a power failure. */
  readonly isDurable: boolean
  /** Called when the content is written, before the file gets its name. If it returns false, the file is not created. */
  readonly mayAppear?: () => Promise<boolean>
}

const attempts = 5

/**
 * Creates a file with its content in one step: other processes see the complete file or no file.
 *
 * @returns False if the file exists, or if `mayAppear` returns false.
 */
export async function createFile(path: string, content: FileContent): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(path, content)
    } catch (error) {
      // Another process may have removed the draft because it took it for one that a crash left.
      const isDraftGone = hasCode(error, 'ENOENT') && (await isThere(dirname(path)))
      if (!isDraftGone || attempt === attempts) throw error
    }
  }
}

async function createOnce(path: string, { text, isDurable, mayAppear }: FileContent): Promise<boolean> {
  const draft = draftIn(dirname(path))
  try {
    await writeDraft(draft, text, isDurable)
    if (mayAppear !== undefined && !(await mayAppear())) return false
    await link(draft, path)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    // A failed attempt removes its draft. Otherwise each attempt would add a file to a full disk.
    await unlink(draft).catch(() => {})
  }
  if (isDurable) await syncFolder(dirname(path))
  return true
}

/** Writes a file that may exist, in one step: other processes see the old content or the new one. It then survives a loss of power. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = draftIn(dirname(path))
  try {
    await writeDraft(draft, text, true)
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
  await syncFolder(dirname(path))
}

/** Writes a file that may exist, in one step. A power failure may lose it or leave it empty. */
export async function replaceIndex(path: string, text: string): Promise<void> {
  const draft = draftIn(dirname(path))
  try {
    await writeDraft(draft, text, false)
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => {})
    throw error
  }
}

/** Replaces a file by a copy of it. Processes that have the file open keep the old one, which no longer has a name. */
export async function replaceByCopy(path: string): Promise<void> {
  const draft = draftIn(dirname(path))
  await copyFile(path, draft, constants.COPYFILE_FICLONE)
  const file = await open(draft, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  await syncFolder(dirname(path))
}

/** The current time of the clock that sets the times of files, in milliseconds since the Unix epoch. */
export async function clockOf(folder: string): Promise<number> {
  const draft = draftIn(folder)
  const file = await open(draft, 'wx', fileMode)
  try {
    return (await file.stat()).mtimeMs
  } finally {
    await file.close()
    await unlink(draft).catch(() => {})
  }
}

/** Removes the drafts in a folder. A process that still needs one creates it again. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) if (isDraft(name)) await unlink(join(folder, name)).catch(() => {})
}

/** Removes the drafts that killed processes left in a folder that other processes may be using. */
export async function removeAbandonedDrafts(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) if (isDraft(name) && (await isAbandoned(folder, name))) await unlink(join(folder, name)).catch(() => {})
}

/** Removes a folder from its parent in one step, and then its content. Other processes see the complete folder or no folder. */
export async function removeFolder(path: string): Promise<boolean> {
  const parent = dirname(path)
  const removed = join(parent, ownName(removedPrefix))
  const isRenamed = await rename(path, removed).then(() => true, undefinedIf('ENOENT'))
  if (isRenamed === undefined) return false
  await syncFolder(parent)
  await rm(removed, { recursive: true })
  for (const name of await namesIn(parent)) {
    // It was left by a process that was killed during the removal.
    if (name.startsWith(removedPrefix) && (await isAbandoned(parent, name))) await rm(join(parent, name), { recursive: true }).catch(() => {})
  }
  return true
}

/** True if a file or folder with this name exists. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(undefinedIf('ENOENT'))) !== undefined
}

function isDraft(name: string): boolean {
  return name.startsWith(draftPrefix)
}

async function isAbandoned(folder: string, name: string): Promise<boolean> {
  const pid = /^\.\w+-(\d+)\./.exec(name)?.[1]
  if (pid !== undefined && !isPidTaken(Number(pid))) return true
  const file = await stat(join(folder, name)).catch(() => undefined)
  return file !== undefined && Date.now() - file.mtimeMs > maxWorkMs
}

function draftIn(folder: string): string {
  return join(folder, ownName(draftPrefix))
}

function ownName(prefix: string): string {
  return `${prefix}${process.pid}.${randomUUID()}`
}

async function writeDraft(draft: string, text: string, isDurable: boolean): Promise<void> {
  const file = await open(draft, 'wx', fileMode)
  try {
    await file.writeFile(text)
    if (isDurable) await file.sync()
  } finally {
    await file.close()
  }
}

/** Turns an error with one of these codes into `undefined`, for `catch`. */
export function undefinedIf(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (!hasCode(error, ...codes)) throw error
  }
}

const maxNameLength = 200

/**
 * The name of the folder that belongs to an id: readable, and safe on any file system.
 *
 * @throws {AgentError} `invalid-options` for an empty id or one that is too long.
 */
export function folderNameOf(id: string): string {
  const name = encodeURIComponent(id).replace(/[.*~!'()]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
  if (id !== '' && name.length <= maxNameLength) return name
  throw new AgentError(
    `An id is also the name of a folder, so it must have 1 to ${maxNameLength} characters when percent-encoded. This one has ${name.length}.`,
    { code: 'invalid-options' },
  )
}

/** The id that a folder belongs to; `undefined` for a folder that was not made for an id. */
export function idOf(folderName: string): string | undefined {
  try {
    const id = decodeURIComponent(folderName)
    return folderNameOf(id) === folderName ? id : undefined
  } catch {
    return undefined
  }
}
