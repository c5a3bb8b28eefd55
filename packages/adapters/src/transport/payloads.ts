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
  const utf8 = createUtf8Decoder()
  const fragments: string[] = []
  let kind: PayloadReader['kind']
  let beginning = ''
  let sink: Payload[] = []
  const parser: EventSourceParser = createParser({
    maxBufferSize: maxEventBytes,
    onEvent: ({ data, event }) => {
      // No string is longer in UTF-8 than three bytes for each unit, so most need no counting.
      if (data.length * 3 > maxEventBytes && Buffer.byteLength(data) > maxEventBytes) throw tooLarge(maxEventBytes)
      sink.push({ kind: 'event', data, name: event })
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw tooLarge(maxEventBytes)
    },
  })
  const take = (text: string, payloads: Payload[]): void => {
    if (kind === undefined) {
      // Blank lines before a body are keep-alives.
      beginning = (beginning + text).trimStart()
      kind = kindOf(beginning)
      if (kind === undefined) return
      text = beginning
    }
    if (kind === 'document') {
      fragments.push(text)
      return
    }
    sink = payloads
    parser.feed(text)
  }
  return {
    feed: (chunk, payloads) => take(utf8.decode(chunk), payloads),
    end: (payloads) => {
      take(utf8.end(), payloads)
      // Cut within the name of its first field.
      if (kind === undefined && beginning !== '') kind = 'events'
      if (kind === 'document') payloads.push({ kind: 'document', text: fragments.join('') })
      if (kind === 'events') {
        sink = payloads
        parser.feed('\n\n')
      }
    },
    get kind() {
      return kind
    },
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
