import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AgentError } from '@capstan/core'

/** The text of a file; `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Makes what was created, renamed or removed in a folder survive a loss of power. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder; its file systems journal names themselves.
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Makes a folder and syncs each one above it that gained a name. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    await syncFolder(parent)
    if (parent === dirname(first) || parent === dirname(parent)) return
  }
}

/**
 * Creates a file with its content in one step: whoever sees it sees all of it.
 *
 * @param isDurable - True when it must survive a loss of power.
 * @returns False when there is such a file.
 */
export async function createWhole(path: string, text: string, isDurable: boolean): Promise<boolean> {
  const draft = join(dirname(path), `.draft-${randomUUID()}`)
  try {
    await writeDraft(draft, text, isDurable)
    await link(draft, path)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    // On a full disk every try would leave a file.
    await unlink(draft).catch(() => {})
  }
  if (isDurable) await syncFolder(dirname(path))
  return true
}

async function writeDraft(draft: string, text: string, isDurable: boolean): Promise<void> {
  const file = await open(draft, 'wx')
  try {
    await file.writeFile(text)
    if (isDurable) await file.sync()
  } finally {
    await file.close()
  }
}

/** True for an error of the operating system with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** The name of the folder that belongs to an id: readable, and safe on any file system. */
export function folderNameOf(id: string): string {
  const name = encodeURIComponent(id).replace(/[.*~!'()]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
  if (id !== '' && name.length <= 200) return name
  throw new AgentError(`An id is kept as the name of a folder, so it must have 1 to 200 characters when percent-encoded; this has ${name.length}.`, {
    code: 'invalid-options',
  })
}

/** The id of a folder; `undefined` for a folder that is none of ours. */
export function idOf(folderName: string): string | undefined {
  try {
    return decodeURIComponent(folderName)
  } catch {
    return undefined
  }
}
