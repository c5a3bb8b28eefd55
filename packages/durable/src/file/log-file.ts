import { close, fdatasync, fstat, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { fileMode } from './files.ts'

const datasync = promisify(fdatasync)
const closeFile = promisify(close)
const fileStat = promisify(fstat)

/** A log that is open for appending. It is created if it does not exist. */
export class LogFile {
  readonly #path: string
  #descriptor: number | undefined

  constructor(path: string) {
    this.#path = path
    this.#descriptor = openSync(path, 'a', fileMode)
  }

  /** Passes text to the operating system. It then survives the end of the process, but not yet a power failure. */
  write(text: string): void {
    const descriptor = this.#opened()
    // Writing a line to the memory of the system takes some microseconds. A thread of the pool would take ten times as long.
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
  }

  /** Resolves when everything written survives a power failure. */
  async datasync(): Promise<void> {
    await datasync(this.#opened())
  }

  /** The size of the file, in bytes. */
  async size(): Promise<number> {
    return (await fileStat(this.#opened())).size
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor !== undefined) await closeFile(descriptor)
  }

  // The descriptor number of a closed file may now belong to another file.
  #opened(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.#path} is closed`)
    return this.#descriptor
  }
}
