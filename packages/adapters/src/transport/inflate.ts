import type { BrotliDecompress, Gunzip, Inflate } from 'node:zlib'
import { AgentError } from '@capstan/core'

/** The encodings that can be read. They are not asked for, but some proxies compress all the same. */
const makers = {
  gzip: 'createGunzip',
  'x-gzip': 'createGunzip',
  deflate: 'createInflate',
  br: 'createBrotliDecompress',
} as const

/** The name of an encoding that can be read. */
export type Encoding = keyof typeof makers

/** True for the name of an encoding that can be read. */
export function isEncoding(name: string): name is Encoding {
  return Object.hasOwn(makers, name)
}

/** Receives the decompressed body. */
export interface InflateSink {
  onData(chunk: Buffer): void
  onEnd(): void
  onBroken(error: AgentError): void
}

/** Decompresses a body as its bytes come: what can be read of them so far is given at once. */
export class Inflater {
  readonly #stream: Gunzip | Inflate | BrotliDecompress

  constructor(encoding: Encoding, sink: InflateSink) {
    // zlib takes a while to load, so it waits for the first body that is compressed.
    const zlib = process.getBuiltinModule('node:zlib')
    this.#stream = zlib[makers[encoding]]()
    this.#stream.on('data', (chunk: Buffer) => sink.onData(chunk))
    this.#stream.on('end', () => sink.onEnd())
    this.#stream.on('error', () => sink.onBroken(broken(encoding)))
  }

  write(chunk: Buffer): void {
    if (!this.#stream.destroyed) this.#stream.write(chunk)
  }

  /** Takes the end of the body. */
  end(): void {
    this.#stream.end()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  close(): void {
    this.#stream.destroy()
  }
}

function broken(encoding: Encoding): AgentError {
  return new AgentError(`The body of the response is not valid ${encoding}.`, { code: 'network-protocol', phase: 'stream', retryable: true })
}
