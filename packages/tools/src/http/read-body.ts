import type { IncomingMessage } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { ToolError } from '@capstan/core'

/** The body of a response, decompressed. */
export interface Body {
  readonly bytes: Buffer
  /** True if the body is longer than what was read. */
  readonly isCut: boolean
}

const decompressors = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress } as const

/** The encodings that are asked for. */
export const acceptedEncodings = 'gzip, deflate, br'

const firstBytes = 16 * 1_024

/** Collects chunks in one buffer: a list would take an object for each byte of a body that comes byte by byte. */
class Collector {
  readonly #max: number
  #buffer = Buffer.allocUnsafe(firstBytes)
  #size = 0

  constructor(maxBytes: number) {
    this.#max = maxBytes
  }

  /** @returns False if the chunk did not fit: then its beginning was taken. */
  add(chunk: Buffer): boolean {
    const taken = chunk.subarray(0, this.#max - this.#size)
    const needed = this.#size + taken.byteLength
    if (needed > this.#buffer.byteLength) this.#grow(needed)
    taken.copy(this.#buffer, this.#size)
    this.#size = needed
    return taken.byteLength === chunk.byteLength
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size)
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, Math.min(this.#buffer.byteLength * 2, this.#max)))
    this.#buffer.copy(larger, 0, 0, this.#size)
    this.#buffer = larger
  }
}

/**
 * Reads a body up to a number of bytes, which counts for what is sent and for what it decompresses to. Then the connection is closed.
 *
 * @throws {ToolError} For an encoding that cannot be read.
 */
export async function readBody(message: IncomingMessage, maxBytes: number): Promise<Body> {
  const body = new Collector(maxBytes)
  const stream = decompressed(message)
  let isCut = false
  let sent = 0
  message.on('data', (chunk: Buffer) => {
    sent += chunk.byteLength
    // A compressed body can continue for ever without a byte of content.
    if (sent <= maxBytes || stream === message) return
    isCut = true
    stream.destroy()
  })
  try {
    for await (const chunk of stream) {
      if (body.add(chunk)) continue
      isCut = true
      break
    }
  } catch (error) {
    if (!isCut) throw error
  } finally {
    message.destroy()
  }
  return { bytes: body.bytes(), isCut }
}

function decompressed(message: IncomingMessage): Readable {
  const encoding = (message.headers['content-encoding'] ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return message
  if (!Object.hasOwn(decompressors, encoding)) throw new ToolError(`The response was not read: its content encoding is not one of ${acceptedEncodings}.`)
  const stream = decompressors[encoding as keyof typeof decompressors]()
  // Errors reach the reader of the stream.
  return pipeline(message, stream, () => undefined)
}
