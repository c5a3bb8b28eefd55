import { readdirSync, statSync, unlinkSync } from 'node:fs'
import { basename, sep } from 'node:path'
import { timeName } from './time-name.ts'

const ours = /\.trace\.jsonl$/
/** The folder is read again after so many new files: other processes may write to it, too. */
const readEvery = 50
/** A file that was not written to for so long is not in use. */
const idleMs = 600_000
/** Files of other processes that are left out, at most. */
const maxSkipped = 20

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
      const name = this.#oldest()
      if (name === undefined) return
      this.#names.splice(this.#names.indexOf(name), 1)
      remove(`${this.#folder}${sep}${name}`)
    }
  }

  /** The oldest file that nobody writes, as far as can be seen; the oldest of all that this process does not write where there are many such files. */
  #oldest(): string | undefined {
    const since = Date.now() - idleMs
    const begun = timeName(since)
    const free = this.#names.filter((name) => !this.#inUse.has(name)).slice(0, maxSkipped)
    // A run that began long ago, and whose file changes, is one of another process.
    return free.find((name) => name > begun || changedAt(`${this.#folder}${sep}${name}`) < since) ?? free[0]
  }
}

/** When a file was last written to, in milliseconds since the Unix epoch; 0 for one that is gone. */
function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
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
