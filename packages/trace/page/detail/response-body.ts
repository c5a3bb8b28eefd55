import type { ExchangeLine } from '../../src/format/lines.ts'

/** Bytes of a response that came at the same time. */
export interface Chunk {
  /** Since the request. */
  readonly ms: number
  readonly text: string
}

/** The body of a response as text. A compressed one is decoded, so its chunks are no longer those of the wire, and it is one text. */
export async function readBody({ chunks, response }: ExchangeLine): Promise<readonly Chunk[]> {
  const pieces = chunks.map(([ms, base64]) => ({ ms, bytes: bytesOf(base64) }))
  const encoding = response?.headers['content-encoding']?.trim().toLowerCase()
  if (encoding === undefined || encoding === '' || encoding === 'identity') {
    // A character may be in two chunks: its bytes are then shown with the later one.
    const decoder = new TextDecoder()
    return pieces.map(({ ms, bytes }) => ({ ms, text: decoder.decode(bytes, { stream: true }) })).filter(({ text }) => text !== '')
  }
  if (encoding !== 'gzip' && encoding !== 'deflate') throw new Error(`it is compressed with ${encoding}.`)
  const body = new Blob(pieces.map(({ bytes }) => bytes)).stream().pipeThrough(new DecompressionStream(encoding))
  return [{ ms: pieces.at(-1)?.ms ?? 0, text: await new Response(body).text() }]
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return bytes
}
