import { AgentError, type ModelEvent, type Usage, type Warning } from '@capstan/core'
import { copyError, keepShape } from '@capstan/core/internal'
import { defaultLimits, plainProfile } from './profiles/plain.ts'
import { redact } from './redact.ts'
import { type Call, contextOf, type OpenedExchange, openExchange, refusalOf } from './send.ts'
import type { Exchange } from './transport/exchange.ts'
import { type Payload, PayloadReader } from './transport/payload-reader.ts'
import type { DecodeContext } from './wire/decode-context.ts'
import { type DecodedResponse, decodeResponse } from './wire/decode-response.ts'
import { StreamDecoder } from './wire/decode-stream.ts'

type Result = IteratorResult<readonly ModelEvent[], undefined>

/** A response that can be read. */
interface Response {
  readonly exchange: Exchange
  readonly context: DecodeContext
  readonly reader: PayloadReader
  /** Created for a body that is a stream. */
  decoder: StreamDecoder | undefined
}

/**
 * The events of one reply, an array for each read of the socket: sends the request with the first `next()`, and reads the response to
 * its end. Written by hand: a generator costs as much again as everything that happens here.
 */
export class ReplyStream implements AsyncIterableIterator<readonly ModelEvent[], undefined> {
  /** The decoded body, where it came in one piece. */
  document: DecodedResponse | undefined
  readonly #call: Call
  /** Given with the reply, before its first events. */
  readonly #warnings: readonly Warning[]
  #exchange: Exchange | undefined
  #response: Response | undefined
  #isDone = false
  /** Thrown by the following `next()`, after the events that came before it. */
  #failure: { readonly error: unknown } | undefined

  constructor(call: Call, warnings: readonly Warning[]) {
    this.#call = call
    this.#warnings = warnings
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<Result> {
    try {
      if (this.#failure !== undefined) throw this.#failure.error
      const events: ModelEvent[] = []
      if (this.#exchange === undefined && !this.#isDone) {
        const opened = openExchange(this.#call)
        this.#exchange = opened.exchange
        await opened.exchange.send().finally(() => opened.body.release())
        if (isReadable(opened.exchange)) this.#accept(opened, events)
        else this.#failAfter(events, await refusalOf(this.#call, opened, (event) => events.push(event)))
      }
      while (this.#response !== undefined && events.length === 0 && !this.#isDone) {
        const { exchange } = this.#response
        if (!exchange.isReady) await exchange.more()
        if (this.#read(this.#response, events)) await this.#finish(this.#response, events)
      }
      return events.length === 0 ? { done: true, value: undefined } : { done: false, value: events }
    } catch (error) {
      return this.#fail(error)
    }
  }

  async return(): Promise<Result> {
    this.#close()
    return { done: true, value: undefined }
  }

  #close(): void {
    this.#isDone = true
    this.#failure = undefined
    this.#exchange?.close()
  }

  /** Closes the stream and throws; once it is closed, a broken wait is only its end. */
  #fail(error: unknown): Result {
    if (this.#isDone) return { done: true, value: undefined }
    this.#close()
    throw this.#withDetails(error)
  }

  #accept(opened: OpenedExchange, events: ModelEvent[]): void {
    const context = contextOf(this.#call, opened)
    this.#response = { exchange: opened.exchange, context, reader: new PayloadReader(context.limits.eventBytes), decoder: undefined }
    for (const warning of this.#warnings) events.push({ type: 'warning', warning })
  }

  /** However the bytes were cut into reads: the events before an error are given first. */
  #failAfter(events: readonly ModelEvent[], error: unknown): void {
    if (events.length === 0) throw error
    this.#failure = { error }
  }

  /** Decodes what came; returns true when nothing more is needed of the body. */
  #read(response: Response, events: ModelEvent[]): boolean {
    const { exchange, reader } = response
    const chunks = exchange.take()
    const payloads: Payload[] = []
    try {
      if (chunks === undefined) reader.end(payloads)
      else for (const chunk of chunks) reader.feed(chunk, payloads)
      if (reader.kind === 'document') this.document = readDocument(payloads, response)
      else if (chunks === undefined && reader.kind === undefined) throw emptyBody(response.context)
      else readEvents(payloads, response, { events, isTail: chunks === undefined })
    } catch (error) {
      this.#failAfter(events, error)
      return false
    }
    return chunks === undefined || response.decoder?.isDone === true
  }

  async #finish(response: Response, events: ModelEvent[]): Promise<void> {
    await response.exchange.drain()
    try {
      for (const event of lastEvents(response, this.document)) events.push(event)
      this.#close()
    } catch (error) {
      this.#failAfter(events, error)
    }
  }

  #withDetails(error: unknown): unknown {
    if (!AgentError.is(error)) return error
    const usage: Usage | undefined = error.usage ?? this.#response?.decoder?.usage
    const requestId = error.requestId ?? this.#response?.context.requestId
    if (usage === error.usage && requestId === error.requestId) return error
    return copyError(error, { ...(usage !== undefined && { usage }), ...(requestId !== undefined && { requestId }) })
  }
}

function isReadable({ status, unreadableEncoding }: Exchange): boolean {
  return status === 200 && unreadableEncoding === undefined
}

/** The pieces of a document say nothing before it is complete. */
function readDocument([payload]: readonly Payload[], { exchange, context }: Response): DecodedResponse | undefined {
  if (payload?.kind === 'document') return decodeResponse(payload.text, context)
  exchange.silence.note('content')
  return undefined
}

interface Target {
  readonly events: ModelEvent[]
  /** True for what was left when the body ended: a stream that was cut can leave half an event. */
  readonly isTail: boolean
}

function readEvents(payloads: readonly Payload[], response: Response, { events, isTail }: Target): void {
  response.decoder ??= new StreamDecoder(response.context)
  const { exchange, decoder } = response
  let hasContent = false
  for (const payload of payloads) {
    if (payload.kind !== 'event') continue
    try {
      hasContent = decoder.push(payload.data, payload.name, events) || hasContent
    } catch (error) {
      // Half an event at the end of a stream that was cut is not an event; `finish` reports that the stream is incomplete.
      if (!(isTail && AgentError.is(error) && error.code === 'stream-malformed')) throw error
    }
  }
  if (isTail) return
  exchange.silence.note(hasContent ? 'content' : payloads.length > 0 ? 'event' : 'keep-alive')
  if (decoder.hasFinishReason) exchange.silence.noteFinish()
}

function lastEvents({ exchange, context, decoder }: Response, document: DecodedResponse | undefined): readonly ModelEvent[] {
  if (document === undefined) return decoder?.finish(transportWarnings(exchange, context)) ?? []
  const { events, warnings, reply } = document
  return [...events, ...warnings.map((warning) => ({ type: 'warning', warning }) as const), { type: 'reply', reply }]
}

function transportWarnings({ headers }: Exchange, { origin, secrets }: DecodeContext): readonly Warning[] {
  const type = headers['content-type'] ?? ''
  if (/^text\/event-stream\b/i.test(type)) return []
  const message = `${origin} sends its stream with the content type '${redact(type, secrets).slice(0, 80)}' instead of text/event-stream.`
  return [{ code: 'content-type', message }]
}

function emptyBody({ model, origin }: DecodeContext): AgentError {
  return new AgentError(`${model} at ${origin} answered 200 with an empty body.`, { code: 'stream-truncated', phase: 'first', status: 200, retryable: true })
}

keepShape(new PayloadReader(defaultLimits.eventBytes))
keepShape(
  new StreamDecoder({
    model: '',
    origin: '',
    keySource: undefined,
    secrets: [],
    profile: plainProfile,
    limits: defaultLimits,
    headers: {},
    requestId: undefined,
    maxOutputTokens: undefined,
    hasTextForm: false,
    tools: [{ name: 'x', description: '', inputSchema: {} }],
  }),
)
