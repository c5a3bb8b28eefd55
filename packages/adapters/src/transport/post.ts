import type { ErrorPhase } from '@capstan/core'
import type { ByteLimits, Clocks } from '../profiles/profile.ts'
import { type Dispatcher, sharedAgent } from './dispatcher.ts'
import { Exchange } from './exchange.ts'
import { createInflater, inflateBeginning, isKnownEncoding } from './inflate.ts'
import { createPayloadReader, type Payload, type PayloadReader } from './payloads.ts'

/** One request to send. */
export interface PostOptions {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
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

/** An answer whose headers have come. */
export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** What the body turned out to be; `undefined` while nothing but blank came. */
  readonly bodyKind: PayloadReader['kind']
  readonly phase: ErrorPhase
  /**
   * Waits for bytes and gives the payloads in them: none for keep-alives.
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

/**
 * Sends a POST request once and waits for the headers of the answer.
 *
 * @throws {AgentError} A `network-` or `-timeout` error, or `aborted`.
 */
export async function post(options: PostOptions): Promise<Answer> {
  const { clocks, limits, dispatcher = sharedAgent(clocks.connectMs) } = options
  const exchange = new Exchange({ ...options, dispatcher, maxBytes: limits.responseBytes })
  await exchange.open()
  const reader = createPayloadReader(limits.eventBytes)
  const encoding = (exchange.headers['content-encoding'] ?? '').trim().toLowerCase()
  const inflater = isKnownEncoding(encoding) ? createInflater(encoding, limits.responseBytes) : undefined
  let lastCount = 0
  let hasTail = true
  const feed = (chunks: readonly Buffer[], payloads: Payload[]): void => {
    for (const chunk of chunks) reader.feed(chunk, payloads)
  }
  const close = (): void => {
    inflater?.close()
    exchange.close()
  }
  return {
    status: exchange.status,
    headers: exchange.headers,
    get bodyKind() {
      return reader.kind
    },
    get phase() {
      return exchange.silence.phase
    },
    read: async () => {
      const chunks = await exchange.read()
      const payloads: Payload[] = []
      if (chunks !== undefined) {
        feed(inflater === undefined ? chunks : await inflater.feed(chunks), payloads)
        lastCount = payloads.length
        return { payloads, isTail: false }
      }
      if (!hasTail) return undefined
      hasTail = false
      if (inflater !== undefined) feed(await inflater.end(), payloads)
      reader.end(payloads)
      return { payloads, isTail: true }
    },
    heard: (hasContent) => {
      const isContent = hasContent || reader.kind === 'document'
      exchange.silence.heard(isContent ? 'content' : lastCount > 0 ? 'event' : 'keep-alive')
    },
    finishing: () => exchange.silence.finishing(),
    readBeginning: async (maxBytes) => {
      const body = await exchange.readBeginning(maxBytes, maxErrorBodyMs)
      return (isKnownEncoding(encoding) ? inflateBeginning(body, encoding, maxBytes) : body).toString('utf8')
    },
    drain: async () => {
      inflater?.close()
      await exchange.drain()
    },
    close,
  }
}
