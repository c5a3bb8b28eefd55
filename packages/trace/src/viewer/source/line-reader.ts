import { open } from 'node:fs/promises'

const chunkBytes = 1 << 20
const lineFeed = 10

/** A line of a file, without its line feed. */
export interface FileLine {
  /** `undefined` for a line that is longer than `maxLineBytes`. */
  readonly text: string | undefined
  /** Where it begins in the file, in bytes. */
  readonly start: number
  readonly bytes: number
}

/** Reads a file that another process may still be writing: each `read` continues where the one before it ended. */
export class LineReader {
  readonly #path: string
  readonly #maxLineBytes: number
  /** Where the first line begins that was not returned. */
  #position = 0

  /** @param maxLineBytes - Longer lines have no text. Default: 256 MiB. */
  constructor(path: string, maxLineBytes: number = 256 * 1024 * 1024) {
    this.#path = path
    this.#maxLineBytes = maxLineBytes
  }

  /** Bytes behind the last line feed: a line that is being written, or that was cut. Known after a `read`. */
  restBytes = 0

  /** Yields the complete lines that were added, in batches. */
  async *read(): AsyncGenerator<readonly FileLine[]> {
    const file = await open(this.#path)
    try {
      let [parts, kept, end]: [Buffer[], number, number] = [[], 0, this.#position]
      for (;;) {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, end)
        if (bytesRead === 0) break
        end += bytesRead
        const chunk = buffer.subarray(0, bytesRead)
        const last = chunk.lastIndexOf(lineFeed)
        // Of a line that is too long to be read, only the length is kept.
        if (last < 0 && kept + chunk.length > this.#maxLineBytes) parts = []
        else parts.push(last < 0 ? chunk : chunk.subarray(0, last + 1))
        kept = end - this.#position
        if (last < 0) continue
        yield this.#split(Buffer.concat(parts), last + 1 - bytesRead + end)
        parts = [chunk.subarray(last + 1)]
        kept = bytesRead - last - 1
      }
      this.restBytes = end - this.#position
    } finally {
      await file.close()
    }
  }

  /** Splits the bytes before `end` and moves the position there. The first bytes may have been dropped. */
  #split(bytes: Buffer, end: number): readonly FileLine[] {
    const lines: FileLine[] = []
    const base = end - bytes.length
    for (let from = 0; from < bytes.length; ) {
      const feed = bytes.indexOf(lineFeed, from)
      const start = lines.length === 0 ? this.#position : base + from
      const length = base + feed - start
      const isReadable = start >= base && length <= this.#maxLineBytes
      lines.push({ text: isReadable ? bytes.toString('utf8', from, feed) : undefined, start, bytes: length })
      from = feed + 1
    }
    this.#position = end
    return lines
  }
}

/** Reads a part of a file as text. */
export async function readPart(path: string, start: number, bytes: number): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}
