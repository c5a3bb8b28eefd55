import { close, fdatasync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { fileMode } from './files.ts'

const datasync = promisify(fdatasync)
const closeFile = promisify(close)

/** A log that is open for appending, created when it does not exist. */
export class LogFile {
  readonly #path: string
  #descriptor: number | undefined

  constructor(path: string) {
    this.#path = path
    this.#descriptor = openSync(path, 'a', fileMode)
  }

  /** Hands text to the operating system: it survives the end of the process, not yet a loss of power. */
  write(text: string): void {
    const descriptor = this.#opened()
    // A line is in the memory of the system after some microseconds. A thread of the pool would take ten times as long.
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at)
  }

  /** Resolves when what was written survives a loss of power. */
  async datasync(): Promise<void> {
    await datasync(this.#opened())
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor !== undefined) await closeFile(descriptor)
  }

  // The number of a closed file may belong to another file now.
  #opened(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.#path} is closed`)
    return this.#descriptor
  }
}
