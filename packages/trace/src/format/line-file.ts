import { closeSync, constants, fchmodSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

/** Most texts are encoded in one buffer, which is made with the first of them: a buffer for each would have to be collected. */
let shared: Buffer | undefined
const sharedBytes = 65_536
/** Bytes of UTF-8 that one code unit of a text takes at most. */
const maxBytesOfUnit = 3

/** The bytes of a text; they are only valid until the next call. */
function encode(text: string): { readonly bytes: Buffer; readonly length: number } {
  if (text.length * maxBytesOfUnit > sharedBytes) {
    const bytes = Buffer.from(text)
    return { bytes, length: bytes.length }
  }
  shared ??= Buffer.allocUnsafeSlow(sharedBytes)
  return { bytes: shared, length: shared.write(text) }
}

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
      // A new file is empty, and has its mode from the start.
      this.#bytes = isNew ? 0 : this.#prepare()
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
    const { bytes, length } = encode(this.#isCut ? `\n${text}` : text)
    this.#isCut = true
    for (let written = 0; written < length; ) {
      const count = writeSync(this.#file, bytes, written, length - written)
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
