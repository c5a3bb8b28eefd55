import { capEnds, formatCount, type TextEnds } from '@capstan/core/internal'
import type { ResultBounds } from './result-bounds.ts'
import { serialise } from './serialise.ts'

/** The most characters that are read from a stream before it is cancelled. */
const maxStreamCharacters = 16 * 1024 * 1024

/** Collects a text of any length, and keeps only its two ends in memory. */
class EndsCollector {
  readonly #maxLength: number
  #head = ''
  #tail = ''
  #characters = 0

  /** @param maxLength - The number of characters to keep of each end. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength
  }

  get characters(): number {
    return this.#characters
  }

  add(text: string): void {
    this.#characters += text.length
    if (this.#head.length < this.#maxLength) this.#head += text.slice(0, this.#maxLength - this.#head.length)
    this.#tail += text
    if (this.#tail.length > 2 * this.#maxLength) this.#tail = this.#tail.slice(-this.#maxLength)
  }

  ends(note?: string): TextEnds {
    return { head: this.#head, tail: this.#tail.slice(-this.#maxLength), size: this.#characters, ...(note !== undefined && { note }) }
  }
}

/**
 * Reads a stream of bytes, strings or other values (each as a line of JSON) to a capped text. Cancels the stream after 16 Mi characters,
 * and when the signal aborts.
 */
export async function readStream(stream: AsyncIterable<unknown>, bounds: ResultBounds, signal: AbortSignal): Promise<string> {
  const { maxBytes } = bounds
  const text = new EndsCollector(maxBytes)
  const decoder = new TextDecoder()
  for await (const chunk of untilAborted(stream, signal)) {
    if (chunk instanceof Uint8Array && isBinary(chunk)) return `[binary data in a stream, first piece ${formatCount(chunk.byteLength)} bytes, not shown]`
    text.add(chunkText(chunk, { decoder, bounds }))
    if (text.characters > maxStreamCharacters) return capEnds(text.ends('the rest was not read'), maxBytes)
  }
  text.add(decoder.decode())
  return capEnds(text.ends(), maxBytes)
}

/** Uses the reader of a web stream, because its iterator waits for a pending read before it cancels the stream. */
async function* untilAborted(stream: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<unknown> {
  const source = stream instanceof ReadableStream ? fromReader(stream.getReader()) : fromIterator(stream[Symbol.asyncIterator]())
  const cancel = (): void => void source.cancel().catch(() => undefined)
  signal.addEventListener('abort', cancel, { once: true })
  try {
    for (let step = await source.next(); step.done !== true && !signal.aborted; step = await source.next()) yield step.value
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

interface ChunkSource {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>
  cancel(): Promise<unknown>
}

function fromReader(reader: ReadableStreamDefaultReader<unknown>): ChunkSource {
  return { next: () => reader.read(), cancel: () => reader.cancel() }
}

function fromIterator(iterator: AsyncIterator<unknown>): ChunkSource {
  return { next: async () => await iterator.next(), cancel: async () => await iterator.return?.() }
}

interface ChunkOptions {
  readonly decoder: InstanceType<typeof TextDecoder>
  readonly bounds: ResultBounds
}

function chunkText(chunk: unknown, { decoder, bounds }: ChunkOptions): string {
  if (typeof chunk === 'string') return chunk
  if (chunk instanceof Uint8Array) return decoder.decode(chunk, { stream: true })
  return `${serialise(chunk, bounds).text}\n`
}

/** True if the bytes contain a NUL, which text does not. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8_192).includes(0)
}
