import { type BigIntStats, constants } from 'node:fs'
import { access, type FileHandle, link, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '@capstan/core'
import { codeOf, explained } from './explain-error.ts'
import { changedMeanwhile, isSameFile, lookAt, type Place } from './places.ts'
import type { Trash } from './trash.ts'

/** The largest file that is edited, and the largest text of a file whose form is kept when it is replaced. */
export const maxFileBytes: number = 2 * 1024 * 1024

const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** A file as it was when it was read. */
export interface FormerFile {
  readonly stats: BigIntStats
  /** `undefined` if the file is larger than `maxFileBytes`. */
  readonly bytes: Buffer | undefined
}

/**
 * Reads the regular file at a place.
 *
 * @returns `undefined` if nothing is there.
 * @throws {ToolError} For a folder, a link, a device and a file that may not be written.
 */
export async function readFormer(place: Place): Promise<FormerFile | undefined> {
  const before = await lookAt(place)
  if (before === undefined) return undefined
  const shown = JSON.stringify(place.path)
  if (before.isDirectory()) throw new ToolError(`${shown} is a folder.`)
  // Opening a device can have an effect, and opening a FIFO can wait.
  if (!before.isFile()) throw new ToolError(`${shown} is neither a file nor a folder.`)
  return await explained({ shown: place.path, attempt: 'changed' }, async () => {
    const handle = await open(place.systemPath, readFlags)
    try {
      const stats = await handle.stat({ bigint: true })
      if (!isSameFile(stats, before)) throw changedMeanwhile(place)
      await checkWritable(place, stats)
      return { stats, bytes: stats.size > maxFileBytes ? undefined : await readBounded(handle, place) }
    } finally {
      await handle.close()
    }
  })
}

/** A new file could take the place of one that may not be written, so the mode is asked first. */
async function checkWritable(place: Place, { mode }: BigIntStats): Promise<void> {
  if ((mode & 0o222n) === 0n) throw new ToolError(`${JSON.stringify(place.path)} is read-only.`)
  await access(place.systemPath, constants.W_OK)
}

async function readBounded(handle: FileHandle, place: Place): Promise<Buffer> {
  const buffer = Buffer.alloc(maxFileBytes + 1)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length)
    if (bytesRead === 0) return Buffer.from(buffer.subarray(0, length))
    length += bytesRead
  }
  throw changedMeanwhile(place)
}

/**
 * Makes a file with this content in one step: readers see nothing or the complete file.
 *
 * @returns False if something is there already. It stays as it is.
 */
export async function createFile(place: Place, { bytes, key }: { readonly bytes: Buffer; readonly key: string }): Promise<boolean> {
  return await withDraft(place, { bytes, key, mode: undefined }, async (draft) => {
    try {
      // Unlike renaming, linking does not replace what is there.
      await link(draft, place.systemPath)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    }
    await syncFolder(place)
    return true
  })
}

/**
 * Replaces a file in one step: readers see the former or the new content. The permissions stay, and the former file is in the trash.
 *
 * @returns The path of the former file in the trash.
 */
export async function replaceFile(
  place: Place,
  { former, bytes, trash }: { readonly former: FormerFile; readonly bytes: Buffer; readonly trash: Trash },
): Promise<string> {
  return await withDraft(place, { bytes, key: trash.key, mode: former.stats }, async (draft) => {
    const kept = await trash.keep(place, former.stats)
    await rename(draft, place.systemPath)
    await syncFolder(place)
    return kept
  })
}

interface Draft {
  readonly bytes: Buffer
  readonly key: string
  /** The file whose owner and permissions the draft gets. A new file gets those of the process. */
  readonly mode: BigIntStats | undefined
}

/** Writes a temporary file in the same folder, on disk when `use` gets its path, and removes it. */
async function withDraft<Result>(place: Place, draft: Draft, use: (path: string) => Promise<Result>): Promise<Result> {
  const path = join(place.folder.handlePath, `.capstan-${draft.key}.tmp`)
  return await explained({ shown: place.path, attempt: 'changed' }, async () => {
    // One that a killed process left.
    await rm(path, { force: true })
    try {
      await writeDraft(path, draft)
      return await use(path)
    } finally {
      await rm(path, { force: true })
    }
  })
}

async function writeDraft(path: string, { bytes, mode }: Draft): Promise<void> {
  // Until its permissions are those of the former file, nobody else may read it.
  const handle = await open(path, createFlags, mode === undefined ? 0o666 : 0o600)
  try {
    await handle.writeFile(bytes)
    if (mode !== undefined) await keepOwner(handle, mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function keepOwner(handle: FileHandle, { uid, gid, mode }: BigIntStats): Promise<void> {
  const own = await handle.stat({ bigint: true })
  // Only privileged processes may give a file away. Without that, the file is replaced by one of this process, as editors do.
  if (own.uid !== uid || own.gid !== gid) await handle.chown(Number(uid), Number(gid)).catch(() => undefined)
  await handle.chmod(Number(mode & 0o777n))
}

/** Makes a change of names in a folder durable. */
export async function syncFolder({ folder }: Pick<Place, 'folder'>): Promise<void> {
  // Windows has no such call for folders.
  if (process.platform !== 'win32') await folder.handle.sync()
}
