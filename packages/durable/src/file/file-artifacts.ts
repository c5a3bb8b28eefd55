import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArtifactStore } from '@capstan/core'
import { makeFolder, namesIn, readIfThere, replaceFile } from './files.ts'

/** The folder of the large values of a run, in the folder of the run. */
export function artifactsOf(folder: string): string {
  return join(folder, 'artifacts')
}

/** Keeps each large value in a file, as JSON: so every text is read as it was written. */
export class FileArtifacts implements ArtifactStore {
  readonly #folderOf: (runId: string) => string
  readonly #checkOwner: (runId: string) => void

  /** @param checkOwner - Throws when another process took over a run that this process opened. */
  constructor(folderOf: (runId: string) => string, checkOwner: (runId: string) => void) {
    this.#folderOf = folderOf
    this.#checkOwner = checkOwner
  }

  async put(runId: string, id: string, text: string): Promise<void> {
    const folder = artifactsOf(this.#folderOf(runId))
    await makeFolder(folder)
    this.#checkOwner(runId)
    await replaceFile(fileOf(folder, id), JSON.stringify(text))
    this.#checkOwner(runId)
  }

  async get(runId: string, id: string): Promise<string | undefined> {
    const text = await readIfThere(fileOf(artifactsOf(this.#folderOf(runId)), id))
    // Written by `put`.
    return text === undefined ? undefined : (JSON.parse(text) as string)
  }

  async delete(runId: string, except: readonly string[] = []): Promise<void> {
    const folder = artifactsOf(this.#folderOf(runId))
    if (except.length === 0) return await rm(folder, { recursive: true, force: true })
    const kept = new Set(except.map((id) => fileOf(folder, id)))
    const paths = (await namesIn(folder)).map((name) => join(folder, name))
    await Promise.all(paths.filter((path) => !kept.has(path)).map(async (path) => await rm(path, { force: true })))
  }
}

// An id may have any length and any character.
function fileOf(folder: string, id: string): string {
  return join(folder, `${createHash('sha256').update(JSON.stringify(id)).digest('hex')}.json`)
}
