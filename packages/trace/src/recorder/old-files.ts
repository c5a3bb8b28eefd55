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
  /** Files that this process has written: no other one writes to them. */
  #finished = new Set<string>()
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
    if (this.#added % readEvery === 0) this.#read(name)
    this.#added += 1
    this.#names.push(name)
    this.#deleteOldest()
  }

  /** This process writes no more to it. */
  release(path: string): void {
    const name = basename(path)
    this.#inUse.delete(name)
    this.#finished.add(name)
  }

  #read(added: string): void {
    this.#names = readNames(this.#folder).filter((name) => name !== added)
    this.#finished = new Set(this.#names.filter((name) => this.#finished.has(name)))
  }

  #deleteOldest(): void {
    for (let tooMany = this.#names.length - this.#max; tooMany > 0; tooMany -= 1) {
      const name = this.#oldest()
      if (name === undefined) return
      this.#names.splice(this.#names.indexOf(name), 1)
      this.#finished.delete(name)
      remove(`${this.#folder}${sep}${name}`)
    }
  }

  /** The oldest file that nobody writes, as far as can be seen; the oldest of all that this process does not write where there are many such files. */
  #oldest(): string | undefined {
    let oldest: string | undefined
    let skipped = 0
    for (const name of this.#names) {
      if (this.#inUse.has(name)) continue
      // The usual case, in which nothing has to be looked up.
      if (this.#finished.has(name) || this.#isIdle(name)) return name
      oldest ??= name
      skipped += 1
      if (skipped === maxSkipped) break
    }
    return oldest
  }

  /** A run that began long ago, and whose file changes, is one of another process. */
  #isIdle(name: string): boolean {
    const since = Date.now() - idleMs
    return name > timeName(since) || changedAt(`${this.#folder}${sep}${name}`) < since
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
