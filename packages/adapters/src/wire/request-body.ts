/** The body of one request. */
export interface RequestBody {
  /** UTF-8. They must not be read after `release`. */
  readonly bytes: Buffer
  /** Must be called once the body was sent or will not be sent: the next body may then reuse its memory. */
  release(): void
}

/** The part of a body before its messages. */
export interface BodyHead {
  /** Up to the bracket that opens the list of messages, without that bracket. */
  readonly bytes: Buffer
  /** Messages that come before all others, as JSON text; may be empty. */
  readonly first: string
}

const comma = 0x2c
const opening = 0x5b
const closing = ']}'

/** Memory of a body, and the number of running requests that read it. */
interface Memory {
  readonly bytes: Buffer
  readers: number
}

/**
 * The bytes of a request whose list of messages grows. Each message is written once; the next request reuses the memory and appends
 * further messages. The bytes of a running request never change: a write that would change them moves the body to other memory.
 */
export class GrowingBody {
  #memory: Memory = { bytes: Buffer.alloc(0), readers: 0 }
  #head: BodyHead | undefined
  /** Offset of the bracket or comma before the first message. */
  #start = 0
  /** Offset behind the last message. */
  #end = 0

  /** True while no message was written. */
  get isEmpty(): boolean {
    return this.#end === this.#start
  }

  /** The body with this head and with further messages, each as JSON text. */
  write(head: BodyHead, texts: readonly string[]): RequestBody {
    let added = 0
    for (const text of texts) added += Buffer.byteLength(text) + 1
    if (head !== this.#head) this.#move(head, added)
    else if (added > 0 && (this.#memory.readers > 0 || this.#end + added + closing.length > this.#memory.bytes.length)) this.#move(head, added)
    if (added > 0) this.#append(texts)
    return this.#lease()
  }

  #append(texts: readonly string[]): void {
    const { bytes } = this.#memory
    let end = this.#end
    for (const text of texts) {
      bytes[end] = end === this.#start && this.#head?.first === '' ? opening : comma
      end += 1 + bytes.write(text, end + 1)
    }
    bytes.write(closing, end)
    this.#end = end
  }

  /** Moves the body to new memory of twice the size that is needed now. */
  #move(head: BodyHead, added: number): void {
    const messages = this.#memory.bytes.subarray(this.#start, this.#end)
    const first = head.first === '' ? '' : `[${head.first}`
    const start = head.bytes.length + Buffer.byteLength(first)
    const end = start + messages.length
    const bytes = Buffer.allocUnsafe(2 * (end + added) + closing.length)
    head.bytes.copy(bytes)
    bytes.write(first, head.bytes.length)
    messages.copy(bytes, start)
    if (messages.length > 0) bytes[start] = first === '' ? opening : comma
    bytes.write(closing, end)
    this.#memory = { bytes, readers: 0 }
    this.#head = head
    this.#start = start
    this.#end = end
  }

  #lease(): RequestBody {
    this.#memory.readers++
    return new Lease(this.#memory, this.#end + closing.length)
  }
}

class Lease implements RequestBody {
  readonly bytes: Buffer
  #memory: Memory | undefined

  constructor(memory: Memory, length: number) {
    this.bytes = memory.bytes.subarray(0, length)
    this.#memory = memory
  }

  release(): void {
    if (this.#memory !== undefined) this.#memory.readers--
    this.#memory = undefined
  }
}
