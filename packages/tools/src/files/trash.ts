import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { link, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Json, ToolError } from '@capstan/core'
import { codeOf, explained } from './explain-error.ts'
import type { Jail, OpenEntry } from './jail.ts'
import { changedMeanwhile, isSameFile, lookAt, makeFolder, type Place, trashName } from './places.ts'

const maxSlots = 100
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/**
 * What one call moved to the trash folder. The folder of a call is named after its idempotency key, so when the call is repeated, it finds
 * what it did before.
 */
export class Trash {
  /** A name for this call, the same when it is repeated. */
  readonly key: string
  readonly #jail: Jail

  constructor(jail: Jail, { idempotencyKey, input }: { readonly idempotencyKey: string; readonly input: Json }) {
    this.#jail = jail
    this.key = createHash('sha256')
      .update(JSON.stringify([idempotencyKey, input]))
      .digest('hex')
      .slice(0, 20)
  }

  /** The path from the root at which this call put something of this name before; `undefined` if it did not. */
  async find(name: string): Promise<string | undefined> {
    const path = `${trashName}/${this.key}/${name}`
    const entry = await this.#jail.open(`${trashName}/${this.key}`).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (entry === undefined) return undefined
    try {
      return (await lookAt({ systemPath: join(entry.handlePath, name), path })) === undefined ? undefined : path
    } finally {
      await entry.handle.close()
    }
  }

  /** The content of a file that this call kept before; `undefined` if it did not. */
  async read(name: string): Promise<Buffer | undefined> {
    const path = await this.find(name)
    if (path === undefined) return undefined
    const { handle } = await this.#jail.open(path)
    try {
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  }

  /**
   * Gives a file that is about to be replaced a second name, in the trash.
   *
   * @returns Its path from the root.
   * @throws {ToolError} If the place no longer has this file.
   */
  async keep(place: Place, stats: BigIntStats): Promise<string> {
    return await this.#inFreeSlot(
      place,
      async (target, found) => {
        if (found !== undefined && isSameFile(found, stats)) return
        await link(place.systemPath, target)
        const kept = await lookAt({ systemPath: target, path: place.path })
        if (kept !== undefined && isSameFile(kept, stats)) return
        await rm(target, { force: true })
        throw changedMeanwhile(place)
      },
      stats,
    )
  }

  /**
   * Moves what is at a place to the trash: a file, a folder, or a link itself.
   *
   * @returns Its path from the root.
   */
  async receive(place: Place): Promise<string> {
    return await this.#inFreeSlot(place, (target) => rename(place.systemPath, target))
  }

  /** Finds a folder that has nothing of this name yet. It is the first one, unless a run with the same id did the same before. */
  async #inFreeSlot(place: Place, act: (target: string, found: BigIntStats | undefined) => Promise<void>, same?: BigIntStats): Promise<string> {
    for (let slot = 1; slot <= maxSlots; slot++) {
      const slotName = slot === 1 ? this.key : `${this.key}-${slot}`
      const folder = await this.#openSlot(slotName)
      try {
        const target = join(folder.handlePath, place.name)
        const path = `${folder.path}/${place.name}`
        const found = await lookAt({ systemPath: target, path })
        if (found !== undefined && !(same !== undefined && isSameFile(found, same))) continue
        await explained({ shown: place.path, attempt: 'changed' }, () => act(target, found))
        await folder.handle.sync()
        return path
      } finally {
        await folder.handle.close()
      }
    }
    throw new ToolError(`${JSON.stringify(place.path)} was not changed: the trash folder has too many of this name. Ask a person to empty ${trashName}.`)
  }

  async #openSlot(slotName: string): Promise<OpenEntry> {
    const root = await this.#jail.open('.')
    try {
      await makeFolder(join(root.handlePath, trashName), trashName, 0o700)
    } finally {
      await root.handle.close()
    }
    const trash = await this.#openOwn(trashName)
    try {
      await ignoreInGit(trash)
      await makeFolder(join(trash.handlePath, slotName), `${trashName}/${slotName}`, 0o700)
    } finally {
      await trash.handle.close()
    }
    return await this.#openOwn(`${trashName}/${slotName}`)
  }

  /** Opens a folder, and refuses a link: deleted files would go to where the link leads. */
  async #openOwn(path: string): Promise<OpenEntry> {
    const entry = await this.#jail.open(path)
    if (entry.kind === 'folder' && entry.path === path) return entry
    await entry.handle.close()
    throw new ToolError(`Nothing was changed: ${JSON.stringify(path)} is not a folder of its own. Ask a person to move it away.`)
  }
}

/** Keeps the trash out of commits. */
async function ignoreInGit(trash: OpenEntry): Promise<void> {
  const handle = await open(join(trash.handlePath, '.gitignore'), createFlags, 0o600).catch(() => undefined)
  await handle?.writeFile('*\n')
  await handle?.close()
}
