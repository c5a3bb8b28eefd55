import { once } from 'node:events'
import {
  type BrotliDecompress,
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  type Gunzip,
  gunzipSync,
  type Inflate,
  inflateSync,
} from 'node:zlib'
import { AgentError } from '@capstan/core'

/** Decompresses a body as its bytes come: what can be read of them by now is given at once. */
export interface Inflater {
  /**
   * Takes chunks.
   *
   * @throws {AgentError} `network-protocol` for bytes that are not of the encoding, `response-too-large` past the limit.
   */
  feed(chunks: readonly Buffer[]): Promise<readonly Buffer[]>
  /**
   * Takes the end of the body.
   *
   * @throws {AgentError} `network-protocol` when bytes are missing.
   */
  end(): Promise<readonly Buffer[]>
  close(): void
}

/** The encodings that can be read. */
export type Encoding = 'gzip' | 'x-gzip' | 'deflate' | 'br'

const makers: Readonly<Record<Encoding, () => Gunzip | Inflate | BrotliDecompress>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * Makes an inflater. It is not asked for, but proxies compress unasked.
 *
 * @param maxBytes - Of the text: a small body can hold a large one.
 */
export function createInflater(encoding: Encoding, maxBytes: number): Inflater {
  const stream = makers[encoding]()
  let chunks: Buffer[] = []
  let bytes = 0
  let error: AgentError | undefined
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) {
      error ??= new AgentError(`The answer is longer than ${maxBytes} bytes once it is decompressed. Ask for less, or raise \`limits.responseBytes\`.`, {
        code: 'response-too-large',
        phase: 'stream',
      })
      stream.destroy()
    } else chunks.push(chunk)
  })
  stream.on('error', () => {
    error ??= broken(encoding)
  })
  const taken = (): readonly Buffer[] => {
    if (error !== undefined) throw error
    const all = chunks
    chunks = []
    return all
  }
  return {
    feed: async (parts) => {
      for (const part of parts) {
        if (error !== undefined || stream.destroyed) break
        // The callback comes once all that can be read of the chunk was given, or with the error.
        await new Promise<void>((resolve) => {
          stream.once('close', resolve)
          stream.write(part, () => {
            stream.off('close', resolve)
            resolve()
          })
        })
      }
      return taken()
    },
    end: async () => {
      if (error === undefined && !stream.destroyed) {
        stream.end()
        await once(stream, 'close').catch(() => undefined)
      }
      return taken()
    },
    close: () => {
      stream.destroy()
    },
  }
}

/** The beginning of a compressed body that is read for its words alone; empty when it cannot be read. */
export function inflateBeginning(body: Buffer, encoding: Encoding, maxBytes: number): Buffer {
  const limits = { maxOutputLength: maxBytes }
  try {
    if (encoding === 'br') return brotliDecompressSync(body, { ...limits, finishFlush: constants.BROTLI_OPERATION_FLUSH })
    return (encoding === 'deflate' ? inflateSync : gunzipSync)(body, { ...limits, finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return Buffer.alloc(0)
  }
}

function broken(encoding: string): AgentError {
  return new AgentError(`What came back is not valid ${encoding}.`, { code: 'network-protocol', phase: 'stream', retryable: true })
}
