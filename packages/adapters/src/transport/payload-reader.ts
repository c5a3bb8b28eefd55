import { AgentError } from '@capstan/core'
import { createParser, type EventSourceParser } from 'eventsource-parser'
import { Utf8Decoder } from './utf8.ts'

/** What a body holds: events of a stream, or one document. */
export type Payload =
  | { readonly kind: 'event'; readonly data: string; readonly name: string | undefined }
  /** The complete body, which is neither an event stream nor empty. */
  | { readonly kind: 'document'; readonly text: string }

/** How an event stream begins: with a field, a comment or the error line of some servers. */
const eventStart = /^(?:data|event|id|retry)(?:[:\r\n]|$)|^:|^error\s*:/
/** While the beginning could still become one of these, the kind of the body is not decided. */
const eventNames = ['data', 'event', 'id', 'retry', 'error', 'error ']

/**
 * Turns the chunks of a body into payloads. It looks at the first characters instead of the content type, which relays set wrongly
 * in both directions.
 */
export class PayloadReader {
  /** What the body turned out to be; `undefined` while only white space has come. */
  kind: 'events' | 'document' | undefined
  readonly #maxEventBytes: number
  readonly #utf8 = new Utf8Decoder()
  #fragments: string[] | undefined
  #beginning = ''
  #sink: Payload[] = []
  /** Created for a body that is a stream. */
  #parser: EventSourceParser | undefined

  /** @param maxEventBytes - Size of one event, in bytes of UTF-8. */
  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes
  }

  /**
   * Takes a chunk.
   *
   * @throws {AgentError} `response-too-large` for an event over the limit.
   */
  feed(chunk: Buffer, payloads: Payload[]): void {
    this.#take(this.#utf8.decode(chunk), payloads)
  }

  /** Takes the end of the body: the document, or an event whose last line break is missing. */
  end(payloads: Payload[]): void {
    this.#take(this.#utf8.end(), payloads)
    // The body was cut inside the name of its first field.
    if (this.kind === undefined && this.#beginning !== '') this.kind = 'events'
    if (this.kind === 'document') payloads.push({ kind: 'document', text: this.#fragments?.join('') ?? '' })
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
    if (this.kind === 'document') {
      this.#fragments ??= []
      this.#fragments.push(text)
    } else this.#parse(text, payloads)
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
        // A string in UTF-8 has at most three bytes for each of its units, so most events need no counting.
        if (data.length * 3 > maxBytes && Buffer.byteLength(data) > maxBytes) throw tooLarge(maxBytes)
        this.#sink.push({ kind: 'event', data, name: event })
      },
      onError: ({ type, line = '', value = '' }) => {
        if (type === 'max-buffer-size-exceeded') throw tooLarge(maxBytes)
        // Some servers write an error into a stream as a line of its own: `error: {…}`, or only the JSON.
        const data = /^error\s*:/.test(line) ? value : /^\s*\{\s*"error"/.test(line) ? line : undefined
        if (data !== undefined) this.#sink.push({ kind: 'event', data, name: 'error' })
      },
    })
  }
}

function kindOf(beginning: string): PayloadReader['kind'] {
  if (beginning === '') return undefined
  if (eventNames.some((name) => name.startsWith(beginning))) return undefined
  return eventStart.test(beginning) ? 'events' : 'document'
}

function tooLarge(maxEventBytes: number): AgentError {
  const message = `An event of the stream is longer than ${maxEventBytes} bytes. If this is intended, raise \`limits.eventBytes\`.`
  return new AgentError(message, { code: 'response-too-large', phase: 'stream' })
}
