import type { ErrorPhase } from '@capstan/core'
import type { ByteLimits, Clocks } from '../profiles/profile.ts'
import type { Dispatcher } from './dispatch.ts'
import { sharedAgent } from './dispatcher.ts'
import { Exchange } from './exchange.ts'
import type { Encoding, Inflater } from './inflate.ts'
import { createPayloadReader, type Payload, type PayloadReader } from './payloads.ts'

/** One request to send. */
export interface PostOptions {
  readonly origin: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Must not change before the answer has opened. */
  readonly body: Uint8Array
  readonly signal: AbortSignal
  readonly clocks: Clocks
  readonly limits: ByteLimits
  /** Default: an agent of ours. */
  readonly dispatcher?: Dispatcher | undefined
  /** What must not appear in errors. */
  readonly secrets: readonly string[]
}

/** What one read of the body gave. */
export interface PayloadBatch {
  readonly payloads: readonly Payload[]
  /** True for what was left when the body ended: a stream that was cut can leave half an event. */
  readonly isTail: boolean
}

/** An answer: `open` first. */
export interface Answer {
  /**
   * Sends the request and waits for the headers. Once.
   *
   * @throws {AgentError} A `network-` or `-timeout` error, or `aborted`.
   */
  open(): Promise<void>
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** True for a body in an encoding that cannot be read. */
  readonly isUnreadable: boolean
  /** What the body turned out to be; `undefined` while nothing but blank came. */
  readonly bodyKind: PayloadReader['kind']
  readonly phase: ErrorPhase
  /**
   * Waits for bytes and gives the payloads in them: none for keep-alives. A document is one payload, at its end.
   *
   * @returns `undefined` after the end of the body.
   * @throws {AgentError} What broke the body: a `network-` or `-timeout` error, `response-too-large`, `aborted`.
   */
  read(): Promise<PayloadBatch | undefined>
  /** Says whether the last batch held content: the clocks of silence go by it. */
  heard(hasContent: boolean): void
  /** Says that the finish reason came. */
  finishing(): void
  /** The beginning of the body as text, for answers that are errors. */
  readBeginning(maxBytes: number): Promise<string>
  /** Lets the body end so that its socket is used again, or cancels it. Never throws. */
  drain(): Promise<void>
  /** Cancels what is still coming. Never throws. */
  close(): void
}

const maxErrorBodyMs = 5_000

/** One POST request, sent once, and its answer. */
export function post(options: PostOptions): Answer {
  return new HttpAnswer(options)
}

const encodings: readonly string[] = ['gzip', 'x-gzip', 'deflate', 'br'] satisfies readonly Encoding[]

/** What reads a compressed body. */
interface Inflate {
  readonly inflater: Inflater
  beginning(body: Buffer, maxBytes: number): Buffer
}

/** It is not asked for, so it loads with the first body that is compressed. */
async function loadInflate(encoding: Encoding, maxBytes: number): Promise<Inflate> {
  const { createInflater, inflateBeginning } = await import('./inflate.ts')
  return { inflater: createInflater(encoding, maxBytes), beginning: (body, beginningBytes) => inflateBeginning(body, encoding, beginningBytes) }
}

class HttpAnswer implements Answer {
  readonly #exchange: Exchange
  readonly #limits: ByteLimits
  readonly #reader: PayloadReader
  #inflate: Inflate | undefined
  #lastCount = 0
  #hasTail = true

  constructor({ origin, path, headers, body, signal, clocks, limits, secrets, dispatcher = sharedAgent(clocks.connectMs) }: PostOptions) {
    this.#exchange = new Exchange({ origin, path, headers, body, signal, clocks, secrets, dispatcher, maxBytes: limits.responseBytes })
    this.#limits = limits
    this.#reader = createPayloadReader(limits.eventBytes)
  }

  open(): Promise<void> {
    return this.#exchange.open()
  }

  get #encoding(): string {
    return this.headers['content-encoding']?.trim().toLowerCase() ?? ''
  }

  get status(): number {
    return this.#exchange.status
  }

  get headers(): Readonly<Record<string, string>> {
    return this.#exchange.headers
  }

  get isUnreadable(): boolean {
    return this.#encoding !== '' && this.#encoding !== 'identity' && !encodings.includes(this.#encoding)
  }

  get bodyKind(): PayloadReader['kind'] {
    return this.#reader.kind
  }

  get phase(): ErrorPhase {
    return this.#exchange.silence.phase
  }

  async read(): Promise<PayloadBatch | undefined> {
    const exchange = this.#exchange
    const payloads: Payload[] = []
    for (;;) {
      if (!exchange.isReady) await exchange.more()
      const chunks = exchange.take()
      if (chunks === undefined) break
      this.#feed(this.#isCompressed ? await this.#inflated(chunks) : chunks, payloads)
      this.#lastCount = payloads.length
      // The pieces of a document say nothing before it is whole.
      if (this.#reader.kind !== 'document') return { payloads, isTail: false }
      this.heard(true)
    }
    await exchange.free()
    if (!this.#hasTail) return undefined
    this.#hasTail = false
    if (this.#inflate !== undefined) this.#feed(await this.#inflate.inflater.end(), payloads)
    this.#reader.end(payloads)
    return { payloads, isTail: true }
  }

  get #isCompressed(): boolean {
    return this.headers['content-encoding'] !== undefined && encodings.includes(this.#encoding)
  }

  async #inflated(chunks: readonly Buffer[]): Promise<readonly Buffer[]> {
    const { inflater } = await this.#loadInflate()
    return await inflater.feed(chunks)
  }

  async #loadInflate(): Promise<Inflate> {
    // Only for an encoding of the list.
    this.#inflate ??= await loadInflate(this.#encoding as Encoding, this.#limits.responseBytes)
    return this.#inflate
  }

  #feed(chunks: readonly Buffer[], payloads: Payload[]): void {
    for (const chunk of chunks) this.#reader.feed(chunk, payloads)
  }

  heard(hasContent: boolean): void {
    const isContent = hasContent || this.#reader.kind === 'document'
    this.#exchange.silence.heard(isContent ? 'content' : this.#lastCount > 0 ? 'event' : 'keep-alive')
  }

  finishing(): void {
    this.#exchange.silence.finishing()
  }

  async readBeginning(maxBytes: number): Promise<string> {
    const body = await this.#exchange.readBeginning(maxBytes, maxErrorBodyMs)
    const text = this.#isCompressed ? (await this.#loadInflate()).beginning(body, maxBytes) : body
    return text.toString('utf8')
  }

  async drain(): Promise<void> {
    this.#inflate?.inflater.close()
    await this.#exchange.drain()
  }

  close(): void {
    this.#inflate?.inflater.close()
    this.#exchange.close()
  }
}
