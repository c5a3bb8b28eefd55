import { AgentError } from '@capstan/core'
import { createParser, type EventSourceParser } from 'eventsource-parser'
import { createUtf8Decoder } from './utf8.ts'

/** What a body holds: events of a stream, or one document. */
export type Payload =
  | { readonly kind: 'event'; readonly data: string; readonly name: string | undefined }
  /** The whole body: what is neither an event stream nor empty. */
  | { readonly kind: 'document'; readonly text: string }

/** Turns chunks of bytes into payloads. */
export interface PayloadReader {
  /**
   * Takes a chunk.
   *
   * @throws {AgentError} `response-too-large` for an event over the limit.
   */
  feed(chunk: Buffer, payloads: Payload[]): void
  /** Takes the end of the body: the document, or an event whose last line break is missing. */
  end(payloads: Payload[]): void
  /** What the body turned out to be; `undefined` while only blank came. */
  readonly kind: 'events' | 'document' | undefined
}

/** How an event stream begins: a field or a comment. */
const eventStart = /^(?:data|event|id|retry)(?:[:\r\n]|$)|^:/
/** As long as the beginning could still become one of these, wait. */
const eventNames = ['data', 'event', 'id', 'retry']

/**
 * Makes a reader. It looks at the first characters instead of trusting the content type, which relays get wrong both ways.
 *
 * @param maxEventBytes - Size of one event, in bytes of UTF-8.
 */
export function createPayloadReader(maxEventBytes: number): PayloadReader {
  return new BodyReader(maxEventBytes)
}

class BodyReader implements PayloadReader {
  kind: PayloadReader['kind']
  readonly #maxEventBytes: number
  readonly #utf8 = createUtf8Decoder()
  readonly #fragments: string[] = []
  #beginning = ''
  #sink: Payload[] = []
  /** Made for a body that is a stream. */
  #parser: EventSourceParser | undefined

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes
  }

  feed(chunk: Buffer, payloads: Payload[]): void {
    this.#take(this.#utf8.decode(chunk), payloads)
  }

  end(payloads: Payload[]): void {
    this.#take(this.#utf8.end(), payloads)
    // Cut within the name of its first field.
    if (this.kind === undefined && this.#beginning !== '') this.kind = 'events'
    if (this.kind === 'document') payloads.push({ kind: 'document', text: this.#fragments.join('') })
    if (this.kind === 'events') this.#parse('\n\n', payloads)
  }

  #take(text: string, payloads: Payload[]): void {
    if (this.kind === undefined) {
      // Blank lines before a body are keep-alives.
      this.#beginning = (this.#beginning + text).trimStart()
      this.kind = kindOf(this.#beginning)
      if (this.kind === undefined) return
      text = this.#beginning
    }
    if (this.kind === 'document') this.#fragments.push(text)
    else this.#parse(text, payloads)
  }

  #parse(text: string, payloads: Payload[]): void {
    this.#sink = payloads
    this.#parser ??= this.#createParser()
    this.#parser.feed(text)
  }

  #createParser(): EventSourceParser {
    const maxBytes = this.#maxEventBytes
    return createParser({
      maxBufferSize: maxBytes,
      onEvent: ({ data, event }) => {
        // No string is longer in UTF-8 than three bytes for each unit, so most need no counting.
        if (data.length * 3 > maxBytes && Buffer.byteLength(data) > maxBytes) throw tooLarge(maxBytes)
        this.#sink.push({ kind: 'event', data, name: event })
      },
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') throw tooLarge(maxBytes)
      },
    })
  }
}

function kindOf(beginning: string): 'events' | 'document' | undefined {
  if (beginning === '') return undefined
  if (eventNames.some((name) => name.startsWith(beginning))) return undefined
  return eventStart.test(beginning) ? 'events' : 'document'
}

function tooLarge(maxEventBytes: number): AgentError {
  const message = `An event of the stream is longer than ${maxEventBytes} bytes. Raise \`limits.eventBytes\` if this is meant.`
  return new AgentError(message, { code: 'response-too-large', phase: 'stream' })
}
