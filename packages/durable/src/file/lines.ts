import type { FileHandle } from 'node:fs/promises'

const firstChunkBytes = 65_536
const lineFeed = 10

/** A line of a file, without its line feed. */
export interface Line {
  /** `undefined` if the line is longer than allowed. */
  readonly text: string | undefined
  /** The position in the file after its line feed, in bytes. */
  readonly end: number
}

/**
 * Reads the complete lines of a file in batches, so that a file may be longer than the longest string. A last line without a line feed
 * is not complete.
 *
 * @param maxBytes - The longest allowed line, in bytes.
 */
export async function* readLines(file: FileHandle, maxBytes: number): AsyncGenerator<readonly Line[]> {
  const splitter = new LineSplitter(maxBytes)
  for (;;) {
    const room = splitter.room()
    const { bytesRead } = await file.read(room, 0, room.length, null)
    if (bytesRead === 0) return
    yield splitter.split(bytesRead)
  }
}

/** Splits the bytes that are read into its buffer into lines. The buffer grows to the length of the longest line. */
class LineSplitter {
  readonly #maxBytes: number
  #buffer = Buffer.allocUnsafe(firstChunkBytes)
  /** The number of bytes at the start of the buffer that belong to an incomplete line. */
  #kept = 0
  /** The position of the buffer's start in the file. */
  #position = 0
  #isTooLong = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The part of the buffer that the next bytes go to. */
  room(): Buffer {
    if (this.#kept > this.#maxBytes) {
      // The line is too long, so its text is dropped and only its end is searched.
      this.#isTooLong = true
      this.#position += this.#kept
      this.#kept = 0
    }
    if (this.#kept > this.#buffer.length / 2) this.#buffer = Buffer.concat([this.#buffer], this.#buffer.length * 4)
    return this.#buffer.subarray(this.#kept)
  }

  split(bytesRead: number): readonly Line[] {
    const filled = this.#buffer.subarray(0, this.#kept + bytesRead)
    const lines: Line[] = []
    let start = 0
    for (let feed = filled.indexOf(lineFeed, this.#kept); feed >= 0; feed = filled.indexOf(lineFeed, start)) {
      const isReadable = !this.#isTooLong && feed - start <= this.#maxBytes
      lines.push({ text: isReadable ? filled.toString('utf8', start, feed) : undefined, end: this.#position + feed + 1 })
      start = feed + 1
      this.#isTooLong = false
    }
    filled.copyWithin(0, start)
    this.#kept = filled.length - start
    this.#position += start
    return lines
  }
}
