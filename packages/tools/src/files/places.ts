import type { BigIntStats } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ToolError } from '@capstan/core'
import { codeOf, explained, isMissing } from './explain-error.ts'
import { checkPath, type Jail, type OpenEntry } from './jail.ts'

/** The folder of the root that receives what is deleted and what is replaced. */
export const trashName = '.trash'

const maxDepth = 64

/** A name in a folder that is open, so that what is done to it happens in exactly this folder, wherever its path leads meanwhile. */
export interface Place {
  readonly folder: OpenEntry
  readonly name: string
  /** The path from the root, with links in its folders resolved. */
  readonly path: string
  /** The path for the system. Never shown. */
  readonly systemPath: string
}

/** What a place is wanted for. */
export interface PlaceOptions {
  /** Whether folders on the way that are missing are made. */
  readonly makesFolders?: boolean
  /** Whether the place may be in the trash folder, as what is brought back from it. */
  readonly isFromTrash?: boolean
}

/**
 * Opens the folder of a path, to change what is there under its name. The name itself may be a link and is not followed.
 *
 * @throws {ToolError} For the root itself, a path that leads outside, the trash, and the data of git.
 */
export async function withPlace<Result>(
  { jail, path, ...options }: PlaceOptions & { readonly jail: Jail; readonly path: string },
  use: (place: Place) => Promise<Result>,
): Promise<Result> {
  const segments = checkPath(path, process.platform)
  const name = segments.at(-1)
  if (name === undefined) throw new ToolError('"." is the folder of these tools itself. Name something inside it.')
  if (segments.length > maxDepth) throw new ToolError(`The path has more than ${maxDepth} parts.`)
  const folder = await openFolder(jail, segments.slice(0, -1), options)
  try {
    const inside = [...segmentsOf(folder), name]
    // A link can lead to what the path does not name.
    refuseProtected(inside, options)
    return await use({ folder, name, path: inside.join('/'), systemPath: join(folder.handlePath, name) })
  } finally {
    await folder.handle.close()
  }
}

/** Like `withPlace`, for the file that a path leads to: a link is followed if it stays inside. */
export async function withTarget<Result>(
  options: PlaceOptions & { readonly jail: Jail; readonly path: string },
  use: (place: Place) => Promise<Result>,
): Promise<Result> {
  const found = await withPlace(options, async (place) =>
    (await lookAt(place))?.isSymbolicLink() ? { leadsTo: await follow(options.jail, place) } : { result: await use(place) },
  )
  if ('result' in found) return found.result
  return await withPlace({ ...options, path: found.leadsTo }, use)
}

/** What is at a place; `undefined` if nothing is. */
export async function lookAt({ systemPath, path }: Pick<Place, 'systemPath' | 'path'>): Promise<BigIntStats | undefined> {
  try {
    return await lstat(systemPath, { bigint: true })
  } catch (error) {
    if (isMissing(error)) return undefined
    return await explained({ shown: path, attempt: 'changed' }, () => Promise.reject(error))
  }
}

/** True where two looks saw the same file, not only the same name. */
export function isSameFile(first: BigIntStats, second: BigIntStats): boolean {
  return first.ino === second.ino && first.dev === second.dev
}

/** Another program changed the file. */
export function changedMeanwhile({ path }: Place): ToolError {
  return new ToolError(`${JSON.stringify(path)} was not changed, because another program changed it at the same moment. Read it again.`)
}

async function follow(jail: Jail, { path }: Place): Promise<string> {
  try {
    const entry = await jail.open(path)
    await entry.handle.close()
    return entry.path
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new ToolError(`${JSON.stringify(path)} is a symbolic link that leads to nothing. Use another path, or delete the link first.`, { cause: error })
  }
}

async function openFolder(jail: Jail, segments: readonly string[], options: PlaceOptions): Promise<OpenEntry> {
  const path = segments.join('/') || '.'
  const there = await openIfThere(jail, path)
  if (there !== undefined) return there
  const name = segments.at(-1)
  if (name === undefined || options.makesFolders !== true)
    throw new ToolError(`The folder ${JSON.stringify(path)} does not exist. Use list_files to see what exists.`)
  const parent = await openFolder(jail, segments.slice(0, -1), options)
  try {
    // A link on the way can lead into what is protected, and nothing must be made there either.
    refuseProtected([...segmentsOf(parent), name], options)
    await makeFolder(join(parent.handlePath, name), path)
  } finally {
    await parent.handle.close()
  }
  const made = await openIfThere(jail, path)
  if (made === undefined) throw new ToolError(`The folder ${JSON.stringify(path)} could not be made: something else is there.`)
  return made
}

async function openIfThere(jail: Jail, path: string): Promise<OpenEntry | undefined> {
  const entry = await jail.open(path).catch((error: unknown) => {
    if (isMissing(error) && path !== '.') return undefined
    throw error
  })
  if (entry?.kind !== 'file') return entry
  await entry.handle.close()
  throw new ToolError(`${JSON.stringify(path)} is a file, so nothing can be inside it.`)
}

/** Makes a folder of a path for the system. One that is there stays as it is. */
export async function makeFolder(systemPath: string, shown: string, mode = 0o777): Promise<void> {
  await explained({ shown, attempt: 'changed' }, async () => {
    try {
      await mkdir(systemPath, { mode })
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  })
}

function segmentsOf({ path }: OpenEntry): readonly string[] {
  return path === '.' ? [] : path.split('/')
}

/** Git executes what its own files say, and what the trash keeps must stay as it was. */
function refuseProtected(segments: readonly string[], { isFromTrash = false }: PlaceOptions): void {
  const shown = JSON.stringify(segments.join('/'))
  if (segments.some((segment) => /^(?:\.git|git~\d+)$/.test(plain(segment))))
    throw new ToolError(`${shown} is data of git, which these tools do not change: its settings and hooks can run programs.`)
  // What a call put there is two levels below: the trash and its folders stay.
  const mayLeave = isFromTrash && segments.length > 2
  if (!mayLeave && plain(segments[0] ?? '') === trashName)
    throw new ToolError(`${shown} is in the trash folder. move_file can bring something back from there; nothing in it can be changed or deleted.`)
}

/** A name as file systems that ignore case and invisible characters see it. */
function plain(segment: string): string {
  return segment.replace(/\p{Cf}/gu, '').toLowerCase()
}
