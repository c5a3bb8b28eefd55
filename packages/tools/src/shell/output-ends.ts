const blockBytes = 65_536

/** Bytes in blocks, so that many small chunks take no more memory than one large one. */
class Blocks {
  readonly #blocks: { readonly bytes: Buffer; used: number }[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  add(chunk: Buffer): void {
    for (let from = 0; from < chunk.byteLength; ) {
      const last = this.#blocks.at(-1)
      if (last === undefined || last.used === blockBytes) {
        this.#blocks.push({ bytes: Buffer.allocUnsafe(blockBytes), used: 0 })
        continue
      }
      const copied = chunk.copy(last.bytes, last.used, from)
      last.used += copied
      this.#size += copied
      from += copied
    }
  }

  /** Removes blocks from the beginning, as long as this many bytes stay. */
  keepLast(bytes: number): void {
    for (let first = this.#blocks[0]; first !== undefined && this.#size - first.used >= bytes; first = this.#blocks[0]) {
      this.#blocks.shift()
      this.#size -= first.used
    }
  }

  join(): Buffer {
    return Buffer.concat(this.#blocks.map(({ bytes, used }) => bytes.subarray(0, used)))
  }
}

/** Keeps the beginning and the end of an output of any size, in bounded memory. */
export class OutputEnds {
  readonly #half: number
  readonly #head = new Blocks()
  readonly #tail = new Blocks()
  #size = 0

  constructor(maxBytes: number) {
    this.#half = Math.floor(maxBytes / 2)
  }

  /** In bytes, with what is not kept. */
  get size(): number {
    return this.#size
  }

  add(chunk: Buffer): void {
    this.#size += chunk.byteLength
    const taken = chunk.subarray(0, this.#half - this.#head.size)
    this.#head.add(taken)
    this.#tail.add(chunk.subarray(taken.byteLength))
    this.#tail.keepLast(this.#half)
  }

  /** The text, with a line in the place of what was left out. Bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    const head = this.#head.join()
    const tail = this.#tail.join()
    const kept = tail.subarray(Math.max(0, tail.byteLength - this.#half))
    const left = this.#size - head.byteLength - kept.byteLength
    if (left === 0) return Buffer.concat([head, kept]).toString('utf8')
    return `${withoutCutEnd(head).toString('utf8')}\n[… ${left} of ${this.#size} bytes left out …]\n${withoutCutStart(kept).toString('utf8')}`
  }
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000

/** Removes the beginning of a character whose rest was left out. */
function withoutCutEnd(bytes: Buffer): Buffer {
  let end = bytes.byteLength
  while (end > bytes.byteLength - 3 && end > 0 && isContinuation(bytes[end - 1])) end--
  const lead = bytes[end - 1] ?? 0
  const length = lead >= 0b1111_0000 ? 4 : lead >= 0b1110_0000 ? 3 : lead >= 0b1100_0000 ? 2 : 1
  return end - 1 + length > bytes.byteLength ? bytes.subarray(0, end - 1) : bytes
}

/** Removes the rest of a character whose beginning was left out. */
function withoutCutStart(bytes: Buffer): Buffer {
  let start = 0
  while (start < 3 && isContinuation(bytes[start])) start++
  return bytes.subarray(start)
}
