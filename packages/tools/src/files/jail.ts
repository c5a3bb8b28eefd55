import { constants } from 'node:fs'
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, posix, relative, resolve, sep, win32 } from 'node:path'
import { ToolError } from '@capstan/core'
import { explained, outside } from './explain-error.ts'

/** A file or a folder that is open inside the jail. */
export interface OpenEntry {
  readonly handle: FileHandle
  readonly kind: 'file' | 'folder'
  readonly size: number
  /** Its absolute path with links resolved. Never shown. */
  readonly realPath: string
  /** A path by which exactly what is open can be listed, where the system has one. */
  readonly handlePath: string
  /** The path from the root, with `/`; `.` for the root. */
  readonly path: string
}

const maxPathLength = 4_096
// Without O_NONBLOCK, opening a FIFO would block. Links were resolved before, so a link in the last component is new: O_NOFOLLOW refuses it.
const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\.|$)/i

/** A folder outside of which nothing can be opened. */
export class Jail {
  readonly #root: string

  /** @param root - The folder. It need not exist yet. */
  constructor(root: string) {
    this.#root = resolve(root)
  }

  /**
   * Opens a file or a folder inside, for reading. The caller closes the handle.
   *
   * @throws {ToolError} If the path leads outside, does not exist, or is neither a file nor a folder.
   */
  async open(path: string): Promise<OpenEntry> {
    const segments = checkPath(path, process.platform)
    const realRoot = await explained(reading('.'), () => realpath(this.#root))
    const shown = segments.join('/') || '.'
    const realPath = await explained(reading(shown), () => realpath(join(realRoot, ...segments)))
    if (!isInside(realRoot, realPath)) throw new ToolError(`${JSON.stringify(shown)} ${outside}`)
    return await openVerified({ realRoot, realPath, shown })
  }
}

/**
 * Checks the form of a path, before any system call.
 *
 * @throws {ToolError} For absolute paths, `..`, NUL and the forms that Windows reads as a device, a drive or a share.
 */
export function checkPath(path: string, platform: string): readonly string[] {
  const shown = JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path)
  if (path.length > maxPathLength) throw new ToolError(`The path has ${path.length} characters; at most ${maxPathLength} are allowed.`)
  if (path.includes('\0')) throw new ToolError(`The path ${shown} contains a NUL character.`)
  if (posix.isAbsolute(path) || win32.isAbsolute(path) || /^[A-Za-z]:/.test(path))
    throw new ToolError(`The path ${shown} is absolute. Give it relative to the folder of these tools; "." is that folder.`)
  if (path.includes('\\')) throw new ToolError(`The path ${shown} contains a backslash. Write "/" between the parts of a path.`)
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw new ToolError(`The path ${shown} contains "..". Give it relative to the folder of these tools.`)
  if (platform === 'win32' && segments.some((segment) => deviceName.test(segment) || segment.includes(':') || /[. ]$/.test(segment))) {
    throw new ToolError(`The path ${shown} names a device, a stream or a name that Windows changes.`)
  }
  return segments
}

interface Target {
  readonly realRoot: string
  readonly realPath: string
  readonly shown: string
}

async function openVerified({ realRoot, realPath, shown }: Target): Promise<OpenEntry> {
  // The type is checked before opening, because opening a device can have an effect.
  const before = await explained(reading(shown), () => stat(realPath))
  if (!before.isFile() && !before.isDirectory()) throw new ToolError(`${JSON.stringify(shown)} is neither a file nor a folder.`)
  const handle = await explained(reading(shown), () => open(realPath, flags))
  try {
    const info = await handle.stat()
    const opened = await openedPath(handle, realPath)
    // Between resolving and opening, a folder of the path can have been replaced by a link, so what was opened is checked.
    const isSame = info.ino === before.ino && info.dev === before.dev
    if (!isSame || !isInside(realRoot, opened)) throw new ToolError(`${JSON.stringify(shown)} ${outside}`)
    const handlePath = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : realPath
    return {
      handle,
      kind: info.isDirectory() ? 'folder' : 'file',
      size: info.size,
      realPath: opened,
      handlePath,
      path: relative(realRoot, opened).split(sep).join('/') || '.',
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

function reading(shown: string): { readonly shown: string; readonly attempt: 'read' } {
  return { shown, attempt: 'read' }
}

/** The path of the opened file. On Linux the file descriptor gives it; on other systems the path is resolved again. */
async function openedPath(handle: FileHandle, realPath: string): Promise<string> {
  if (process.platform !== 'linux') return await realpath(realPath)
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`)
  } catch {
    return await realpath(realPath)
  }
}

/** True for the root itself and everything below it. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
