import { LineFile } from '../format/line-file.ts'

/** Files that are open at once: a service may have thousands of runs, and needs its file descriptors for sockets. */
const maxOpen = 32

/** Keeps the files that were written last open. */
export class OpenFiles {
  /** By path, the one that was used last at the end. */
  readonly #files = new Map<string, LineFile>()
  /** At the end of the map already. */
  #last: LineFile | undefined

  /** @throws {Error} The error of the file system, for a file that has to be opened again. */
  get(path: string): LineFile {
    if (this.#last?.path === path) return this.#last
    const file = this.#files.get(path) ?? new LineFile(path, false)
    this.add(file)
    return file
  }

  add(file: LineFile): void {
    this.#files.delete(file.path)
    this.#files.set(file.path, file)
    this.#last = file
    const [oldest] = this.#files.keys()
    if (this.#files.size > maxOpen && oldest !== undefined) this.close(oldest)
  }

  close(path: string): void {
    this.#files.get(path)?.close()
    this.#files.delete(path)
    if (this.#last?.path === path) this.#last = undefined
  }
}
