import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

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
    const tooMany = this.#names.length - this.#max
    if (tooMany <= 0) return
    const old = this.#names.filter((name) => !this.#inUse.has(name)).slice(0, tooMany)
    for (const name of old) rmSync(join(this.#folder, name), { force: true })
    this.#names = this.#names.filter((name) => !old.includes(name))
  }
}

function readNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => ours.test(name))
    .sort()
}
