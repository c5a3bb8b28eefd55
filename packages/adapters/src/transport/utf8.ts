/**
 * Decodes UTF-8 chunk by chunk; characters may be split anywhere. Invalid bytes become U+FFFD, a byte order mark at the start is dropped.
 * The result does not depend on where the chunks are cut: an incomplete character waits for the next chunk. Complete chunks go
 * through Node's native decoder, which is several times faster than a streaming `TextDecoder`.
 */
export class Utf8Decoder {
  #rest: Buffer | undefined
  #isFirst = true

  decode(chunk: Buffer): string {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    const whole = wholeLength(bytes)
    this.#rest = whole === bytes.length ? undefined : bytes.subarray(whole)
    return this.#strip(bytes.toString('utf8', 0, whole))
  }

  /** What is left of a character that was never completed. */
  end(): string {
    const text = this.#rest === undefined ? '' : this.#rest.toString('utf8')
    this.#rest = undefined
    return this.#strip(text)
  }

  #strip(text: string): string {
    if (!this.#isFirst || text === '') return text
    this.#isFirst = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }
}

/** The length without a character that begins at the end and is incomplete. */
function wholeLength(bytes: Buffer): number {
  const end = bytes.length
  for (let back = 1; back <= 3 && back <= end; back++) {
    const byte = bytes[end - back] ?? 0
    if (byte < 0x80) return end
    // The first byte of a character says how many bytes it needs.
    if (byte >= 0xc0) return charLength(byte) > back ? end - back : end
  }
  return end
}

function charLength(firstByte: number): number {
  if (firstByte >= 0xf0) return 4
  return firstByte >= 0xe0 ? 3 : 2
}
