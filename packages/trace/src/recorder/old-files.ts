import { readdirSync, unlinkSync } from 'node:fs'
import { basename, sep } from 'node:path'

const ours = /\.trace\.jsonl$/
/** The folder is read again after so many new files: other processes may write to it, too. */
const readEvery = 50

/** Deletes the oldest files of a folder when there are too many. Their names begin with their time. */
export class OldFiles {
  readonly #folder: string
  readonly #max: number
  /** Files that this process writes: never deleted. */
  readonly #inUse = new Set<string>()
  /** Names, the oldest first. */
  #names: string[] = []
  #added = 0

  constructor(folder: string, max: number) {
    this.#folder = folder
    this.#max = max
  }

  /** A file was begun. */
  add(path: string): void {
    const name = basename(path)
    this.#inUse.add(name)
    if (this.#added % readEvery === 0) this.#names = readNames(this.#folder).filter((known) => known !== name)
    this.#added += 1
    this.#names.push(name)
    this.#deleteOldest()
  }

  /** This process writes no more to it. */
  release(path: string): void {
    this.#inUse.delete(basename(path))
  }

  #deleteOldest(): void {
    for (let tooMany = this.#names.length - this.#max; tooMany > 0; tooMany -= 1) {
      const index = this.#names.findIndex((name) => !this.#inUse.has(name))
      if (index === -1) return
      for (const name of this.#names.splice(index, 1)) remove(`${this.#folder}${sep}${name}`)
    }
  }
}

/** Another process may have deleted it. */
function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

function readNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => ours.test(name))
    .sort()
}
