import type { FileHandle } from 'node:fs/promises'

const chunkBytes = 65_536

/** Bounds of reading one file. */
export interface ReadLimits {
  readonly maxBytes: number
  /** Characters that are kept of a line. */
  readonly maxLineLength: number
  readonly signal: AbortSignal
}

/** A file that is not text. */
export class BinaryFileError extends Error {
  override readonly name = 'BinaryFileError'
}

/** A line, without its end. */
export interface Line {
  /** Its beginning, where it is longer than what is kept. */
  readonly text: string
  /** From 1. */
  readonly number: number
  /** In characters. */
  readonly length: number
}

/**
 * Reads a file line by line. Holds one chunk and what is kept of one line, however long the lines are. Ends early, without an error,
 * after `maxBytes`.
 *
 * @returns True when the file was read to its end.
 * @throws {BinaryFileError} When it holds a NUL or is not UTF-8.
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
    // A carriage return before the end of the line belongs to that end.
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
  if (bytes.includes(0)) throw new BinaryFileError('It holds a NUL.')
  try {
    return decoder.decode(bytes, { stream: bytes.byteLength > 0 })
  } catch (error) {
    throw new BinaryFileError('It is not UTF-8.', { cause: error })
  }
}
