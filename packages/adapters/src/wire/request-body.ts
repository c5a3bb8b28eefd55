/** The body of one request. */
export interface RequestBody {
  /** UTF-8. It must not be read after `release`. */
  readonly bytes: Buffer
  /** Says that the body was sent, or will not be: its memory may become that of the next one. */
  release(): void
}

/** What stands before the messages of a body. */
export interface BodyHead {
  /** Up to the bracket that opens the list of messages, without that bracket. */
  readonly bytes: Buffer
  /** Messages that stand before all others, as JSON text; they can be empty. */
  readonly first: string
}

const comma = 0x2c
const opening = 0x5b
const closing = ']}'

/** Memory of a body, and how many requests that are under way read it. */
interface Memory {
  readonly bytes: Buffer
  readers: number
}

/**
 * The bytes of a request whose messages grow: each message is written once, and the next request is the same memory with more
 * messages in it. While a request is under way its bytes do not change: what would change them moves to other memory.
 */
export class GrowingBody {
  #memory: Memory = { bytes: Buffer.alloc(0), readers: 0 }
  #head: BodyHead | undefined
  /** Where the messages begin: at the bracket or the comma before the first of them. */
  #start = 0
  /** Where they end. */
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

  /** To memory of its own, with room for as much again. */
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
