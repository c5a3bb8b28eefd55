import { type FileHandle, open } from 'node:fs/promises'

const chunkBytes = 1 << 20
const lineFeed = 10

/** A line of a file, without its line feed. */
export interface FileLine {
  /** `undefined` for a line that is longer than `maxLineBytes`. */
  readonly text: string | undefined
  /** Where it begins in the file, in bytes. */
  readonly start: number
  readonly bytes: number
  /** The number of the file, by which it is known when it has another name. */
  readonly file: number
}

/** Reads a file that another process may still be writing: each `read` continues where the one before it ended. */
export class LineReader {
  readonly #path: string
  readonly #maxLineBytes: number
  /** Where the first line begins that was not returned. */
  #position = 0
  /** The number of the file that the position is in. */
  #file: number | undefined

  /** @param maxLineBytes - Longer lines have no text. Default: 256 MiB. */
  constructor(path: string, maxLineBytes: number = 256 * 1024 * 1024) {
    this.#path = path
    this.#maxLineBytes = maxLineBytes
  }

  /** Bytes behind the last line feed: a line that is being written, or that was cut. Known after a `read`. */
  restBytes = 0

  /**
   * Yields the complete lines that were added, in batches. Of a file that was renamed to `FILE.1` the rest first, then those of the file that
   * took its place. Nothing while there is no file.
   */
  async *read(): AsyncGenerator<readonly FileLine[]> {
    const file = await openIfThere(this.#path)
    if (file === undefined) return
    try {
      const { ino, size } = await file.stat()
      if (this.#file !== undefined && ino !== this.#file) yield* this.#readRenamed()
      if (ino !== this.#file || size < this.#position) this.#position = 0
      this.#file = ino
      yield* this.#readFrom(file)
    } finally {
      await file.close()
    }
  }

  async *#readRenamed(): AsyncGenerator<readonly FileLine[]> {
    const file = await openIfThere(`${this.#path}.1`)
    if (file === undefined) return
    try {
      if ((await file.stat()).ino === this.#file) yield* this.#readFrom(file)
    } finally {
      await file.close()
    }
  }

  async *#readFrom(file: FileHandle): AsyncGenerator<readonly FileLine[]> {
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
      lines.push({ text: isReadable ? bytes.toString('utf8', from, feed) : undefined, start, bytes: length, file: this.#file ?? 0 })
      from = feed + 1
    }
    this.#position = end
    return lines
  }
}

/** The most files that one was renamed to. */
const maxRenamed = 100

/** Where a part of a file is. */
export interface FilePart extends Pick<FileLine, 'start' | 'bytes' | 'file'> {
  readonly path: string
}

/** Reads a part of a file as text, also when the file was renamed to `FILE.1`, `FILE.2` and so on. `undefined` when it is not there any more. */
export async function readPart({ path, ...part }: FilePart): Promise<string | undefined> {
  for (let number = 0; number <= maxRenamed; number += 1) {
    const file = await openIfThere(number === 0 ? path : `${path}.${number}`)
    if (file === undefined && number > 0) return undefined
    try {
      if ((await file?.stat())?.ino === part.file) return await file?.read(Buffer.allocUnsafe(part.bytes), 0, part.bytes, part.start).then(textOf)
    } finally {
      await file?.close()
    }
  }
  return undefined
}

function textOf({ buffer, bytesRead }: { readonly buffer: Buffer; readonly bytesRead: number }): string {
  return buffer.toString('utf8', 0, bytesRead)
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
