import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib'
import { commonEnd, commonStart } from './common-ends.ts'
import { type Redact, redactStream } from './stream-texts.ts'

/** A chunk of a response body, and when it came: milliseconds since the request. */
export type Chunk = readonly [ms: number, bytes: Buffer]

/** A body as it is recorded. */
export interface CleanBody {
  readonly chunks: readonly Chunk[]
  /** `decoded`: it was redacted, and is no longer compressed. */
  readonly change: 'none' | 'redacted' | 'decoded'
}

/**
 * A response body without secrets, also where one is cut into several chunks.
 *
 * @returns The same chunks where nothing had to be replaced, so that every byte and every time is that of the wire. Otherwise chunks of the
 * decoded body. `undefined` for a body that cannot be read, and so not be searched.
 */
export function cleanBody(chunks: readonly Chunk[], encoding: string, redact: Redact): CleanBody | undefined {
  const [first] = chunks
  const raw = first !== undefined && chunks.length === 1 ? first[1] : Buffer.concat(chunks.map(([, bytes]) => bytes))
  const isCompressed = encoding !== '' && encoding !== 'identity'
  const body = isCompressed ? decompress(raw, encoding) : raw
  if (body === undefined) return undefined
  const clean = redactBytes(body, redact)
  if (clean === undefined) return { chunks, change: 'none' }
  // The parts of a compressed body cannot be told apart.
  if (isCompressed) return { chunks: [[chunks.at(-1)?.[0] ?? 0, clean]], change: 'decoded' }
  return { chunks: cutLike(chunks, raw, clean), change: 'redacted' }
}

/** The bytes without secrets; `undefined` where nothing had to be replaced. */
function redactBytes(bytes: Buffer, redact: Redact): Buffer | undefined {
  const text = bytes.toString('utf8')
  const clean = redactStream(redact(text), redact)
  if (clean !== text) return Buffer.from(clean)
  // JSON may write any character as an escape.
  if (!text.includes('\\u00')) return undefined
  const plain = text.replace(/\\u00([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  if (plain === text) return undefined
  const cleanPlain = redact(plain)
  return cleanPlain === plain ? undefined : Buffer.from(cleanPlain)
}

/** Cuts a changed body where the chunks of the original were cut: exactly before and after the part that changed, and inside it in proportion. */
function cutLike(chunks: readonly Chunk[], raw: Buffer, clean: Buffer): readonly Chunk[] {
  const start = commonStart(raw, clean)
  const tail = commonEnd(raw, clean, start)
  const [changed, replaced] = [raw.length - start - tail, clean.length - start - tail]
  let end = 0
  let cut = 0
  return chunks.map(([ms, bytes]) => {
    end += bytes.length
    const from = cut
    if (end <= start) cut = end
    else if (end >= raw.length - tail) cut = end + clean.length - raw.length
    else cut = start + Math.round(((end - start) / changed) * replaced)
    return [ms, clean.subarray(from, cut)]
  })
}

const maxDecodedBytes = 64 * 1024 * 1024
// A body that broke is read as far as it came.
const partial = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: maxDecodedBytes }
const partialBrotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength: maxDecodedBytes }

function decompress(bytes: Buffer, encoding: string): Buffer | undefined {
  try {
    if (encoding === 'gzip' || encoding === 'x-gzip') return gunzipSync(bytes, partial)
    if (encoding === 'deflate') return inflateSync(bytes, partial)
    return encoding === 'br' ? brotliDecompressSync(bytes, partialBrotli) : undefined
  } catch {
    return undefined
  }
}
