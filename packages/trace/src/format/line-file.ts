import { closeSync, constants, fchmodSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

/**
 * A file that lines are added to. What `append` has returned from has left the process, so it survives a kill. Only the owner of the process can
 * read the file.
 */
export class LineFile {
  readonly path: string
  readonly #file: number
  #bytes: number
  #isOpen = true
  /** True while the file ends with a part of a line, because a write failed. */
  #isCut = false

  /**
   * @param isNew - True to make a file, which must not exist. False to add to one.
   * @throws {Error} The error of the file system; `EINVAL` for something that is not a file, such as a pipe.
   */
  constructor(path: string, isNew: boolean) {
    this.path = path
    // A link could lead to a file of somebody else.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (isNew ? constants.O_EXCL : 0) | (constants.O_NOFOLLOW ?? 0)
    this.#file = openSync(path, flags, 0o600)
    try {
      this.#bytes = this.#prepare()
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  /** Of the file by now. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws {Error} The error of the file system. A part of the text may be in the file then. */
  append(text: string): void {
    // Another file, or a socket, may have its number by now.
    if (!this.#isOpen) throw Object.assign(new Error(`EBADF: the file is closed: '${this.path}'`), { code: 'EBADF', path: this.path })
    const bytes = Buffer.from(this.#isCut ? `\n${text}` : text)
    this.#isCut = true
    for (let written = 0; written < bytes.length; ) {
      const count = writeSync(this.#file, bytes, written)
      written += count
      this.#bytes += count
    }
    this.#isCut = false
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#file)
  }

  #prepare(): number {
    const stats = fstatSync(this.#file)
    if (!stats.isFile()) throw Object.assign(new Error(`EINVAL: not a file: '${this.path}'`), { code: 'EINVAL', path: this.path })
    if ((stats.mode & 0o077) !== 0) fchmodSync(this.#file, 0o600)
    // A process that was killed may have left half a line.
    if (stats.size === 0 || this.#lastByte(stats.size) === 0x0a) return stats.size
    writeSync(this.#file, '\n')
    return stats.size + 1
  }

  #lastByte(size: number): number | undefined {
    const byte = Buffer.alloc(1)
    readSync(this.#file, byte, 0, 1, size - 1)
    return byte[0]
  }
}
