import { renameSync, rmSync } from 'node:fs'
import { LineFile } from '../format/line-file.ts'
import type { ResolvedOptions } from './options.ts'
import type { LineSink, Sink } from './sink.ts'
import { headerLine } from './trace-header.ts'

/**
 * One file for all runs. When it is full it is renamed to `FILE.1`, the one before to `FILE.2`, and a new one is begun. A file that is there is
 * added to.
 */
export class FileSink implements Sink, LineSink {
  readonly place: string
  readonly #options: ResolvedOptions
  #file: LineFile

  /** @throws {Error} The error of the file system. */
  constructor(path: string, options: ResolvedOptions) {
    this.place = path
    this.#options = options
    this.#file = begin(path)
  }

  open(): LineSink {
    return this
  }

  append(text: string): void {
    if (this.#file.bytes + text.length > this.#options.maxFileBytes) this.#rotate()
    this.#file.append(text)
  }

  /** The file is open as long as the process is: the next run is added to it. */
  close(): void {}

  #rotate(): void {
    this.#file.close()
    const last = this.#options.maxFiles - 1
    if (last === 0) rmSync(this.place, { force: true })
    else rmSync(`${this.place}.${last}`, { force: true })
    for (let number = last - 1; number >= 0; number -= 1) move(number === 0 ? this.place : `${this.place}.${number}`, `${this.place}.${number + 1}`)
    this.#file = begin(this.place)
  }
}

function begin(path: string): LineFile {
  const file = new LineFile(path, false)
  file.append(headerLine({}))
  return file
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
