/** Decodes UTF-8 chunk by chunk; characters may be split anywhere. Invalid bytes become U+FFFD, a BOM at the start is dropped. */
export interface Utf8Decoder {
  decode(chunk: Buffer): string
  /** What is left of a character that was never completed. */
  end(): string
}

/**
 * Makes a decoder. The result does not depend on where the chunks are cut: a character that is not whole waits for the next
 * chunk. Whole chunks go through Node's native decoder, which is several times faster than a streaming `TextDecoder`.
 */
export function createUtf8Decoder(): Utf8Decoder {
  let rest: Buffer | undefined
  let isFirst = true
  const strip = (text: string): string => {
    if (!isFirst || text === '') return text
    isFirst = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }
  return {
    decode: (chunk) => {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
      const whole = wholeLength(bytes)
      rest = whole === bytes.length ? undefined : bytes.subarray(whole)
      return strip(bytes.toString('utf8', 0, whole))
    },
    end: () => {
      const text = rest === undefined ? '' : rest.toString('utf8')
      rest = undefined
      return strip(text)
    },
  }
}

/** Length without a character that has begun at the end and is not whole yet. */
function wholeLength(bytes: Buffer): number {
  const end = bytes.length
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back] ?? 0
    if (byte < 0x80) return end
    // The first byte of a character says how many it needs.
    if (byte >= 0xc0) return charLength(byte) > back ? end - back : end
  }
  return end
}

function charLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4
  return firstByte >= 0xe0 ? 3 : 2
}
