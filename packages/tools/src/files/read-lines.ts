import type { FileHandle } from 'node:fs/promises'

const chunkBytes = 65_536

/** Bounds of reading one file. */
export interface ReadLimits {
  readonly maxBytes: number
  /** The most characters of a line that are kept. */
  readonly maxLineLength: number
  readonly signal: AbortSignal
}

/** A file that is not text. */
export class BinaryFileError extends Error {
  override readonly name = 'BinaryFileError'
}

/** A line, without its line ending. */
export interface Line {
  /** The line, or its beginning if it is longer than the limit. */
  readonly text: string
  /** From 1. */
  readonly number: number
  /** In characters. */
  readonly length: number
}

/**
 * Reads a file line by line. It holds only one chunk and the kept part of one line in memory, however long the lines are. It stops after
 * `maxBytes` without an error.
 *
 * @returns True when the file was read to its end.
 * @throws {BinaryFileError} If the file contains a NUL byte or is not UTF-8.
 */
export async function* readLines(handle: FileHandle, { maxBytes, maxLineLength, signal }: ReadLimits): AsyncGenerator<Line, boolean> {
  const buffer = Buffer.allocUnsafe(chunkBytes)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const current = new CurrentLine(maxLineLength)
  let isEnd = false
  for (let position = 0; position < maxBytes && !isEnd; ) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkBytes, maxBytes - position), position)
    position += bytesRead
    isEnd = bytesRead === 0
    const [first = '', ...others] = decode(decoder, buffer.subarray(0, bytesRead)).split('\n')
    current.add(first)
    for (const piece of others) {
      yield current.end()
      current.add(piece)
    }
  }
  if (current.length > 0) yield current.end()
  return isEnd
}

/** The line that is being read. */
class CurrentLine {
  readonly #maxLength: number
  #kept: string[] = []
  #keptLength = 0
  #length = 0
  #number = 0
  #endsWithReturn = false

  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  get length(): number {
    return this.#length
  }

  add(piece: string): void {
    if (piece === '') return
    this.#length += piece.length
    this.#endsWithReturn = piece.endsWith('\r')
    const kept = piece.slice(0, this.#maxLength - this.#keptLength)
    this.#keptLength += kept.length
    if (kept !== '') this.#kept.push(kept)
  }

  end(): Line {
    // A carriage return before the line feed is part of the line ending.
    const length = this.#length - (this.#endsWithReturn ? 1 : 0)
    const line = { text: this.#kept.join('').slice(0, length), number: ++this.#number, length }
    this.#kept = []
    this.#keptLength = 0
    this.#length = 0
    this.#endsWithReturn = false
    return line
  }
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new BinaryFileError('The file contains a NUL byte.')
  try {
    return decoder.decode(bytes, { stream: bytes.byteLength > 0 })
  } catch (error) {
    throw new BinaryFileError('The file is not UTF-8.', { cause: error })
  }
}
