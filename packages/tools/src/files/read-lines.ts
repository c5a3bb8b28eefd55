import type { FileHandle } from 'node:fs/promises'

const chunkBytes = 65_536

/** Bounds of reading one file. */
export interface ReadLimits {
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** A file that is not text. */
export class BinaryFileError extends Error {
  override readonly name = 'BinaryFileError'
}

/** A line, without its end. */
export interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
}

/**
 * Reads a file line by line, holding one piece and one line at a time. Ends early, without an error, after `maxBytes`.
 *
 * @returns True when the file was read to its end.
 * @throws {BinaryFileError} When it holds a NUL or is not UTF-8.
 */
export async function* readLines(handle: FileHandle, { maxBytes, signal }: ReadLimits): AsyncGenerator<Line, boolean> {
  const buffer = Buffer.allocUnsafe(chunkBytes)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let open: string[] = []
  let number = 0
  for (let position = 0; position < maxBytes; ) {
    signal.throwIfAborted()
    const { bytesRead } = await handle.read(buffer, 0, Math.min(chunkBytes, maxBytes - position), position)
    position += bytesRead
    const text = decode(decoder, buffer.subarray(0, bytesRead))
    const [first = '', ...others] = text.split('\n')
    open.push(first)
    for (const line of others) {
      yield { text: open.join('').replace(/\r$/, ''), number: ++number }
      open = [line]
    }
    if (bytesRead === 0) {
      const last = open.join('')
      if (last !== '') yield { text: last, number: ++number }
      return true
    }
  }
  const last = open.join('')
  if (last !== '') yield { text: last, number: ++number }
  return false
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new BinaryFileError('It holds a NUL.')
  try {
    return decoder.decode(bytes, { stream: bytes.byteLength > 0 })
  } catch (error) {
    throw new BinaryFileError('It is not UTF-8.', { cause: error })
  }
}
