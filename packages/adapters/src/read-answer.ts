import { AgentError, type ModelEvent, type Usage, type Warning } from '@capstan/core'
import { copyError } from '@capstan/core/internal'
import { redact } from './redact.ts'
import type { Answer, PayloadBatch } from './transport/post.ts'
import type { DecodeContext } from './wire/decode-context.ts'
import { type DecodedResponse, decodeResponse } from './wire/decode-response.ts'
import { createStreamDecoder, type StreamDecoder } from './wire/decode-stream.ts'

/** An answer with status 200 and what is needed to decode it. */
export interface OpenAnswer {
  readonly answer: Answer
  readonly context: DecodeContext
}

/** What one read of the socket gave, decoded at once. */
export interface EventBatch {
  readonly events: readonly ModelEvent[]
  /** True for the batch that ends with the reply. */
  readonly isLast: boolean
  /** The whole body, where it came in one piece. */
  readonly document?: DecodedResponse
}

/** Reads an answer to its end, as events. */
export interface AnswerReader {
  /**
   * Waits for the next batch; keep-alives give an empty one.
   *
   * @throws {AgentError} What broke the answer, with the usage and request id that were known by then.
   */
  next(): Promise<EventBatch>
}

/** Makes the reader of one answer. */
export function readAnswer(open: OpenAnswer): AnswerReader {
  return new BatchReader(open)
}

class BatchReader implements AnswerReader {
  readonly #answer: Answer
  readonly #context: DecodeContext
  /** Made for an answer that is a stream. */
  #decoder: StreamDecoder | undefined
  /** What broke the answer after events that came with it: they are handed out first, however the bytes were cut into reads. */
  #failure: unknown

  constructor({ answer, context }: OpenAnswer) {
    this.#answer = answer
    this.#context = context
  }

  async next(): Promise<EventBatch> {
    try {
      if (this.#failure !== undefined) throw this.#failure
      let batch: PayloadBatch | undefined
      try {
        batch = await this.#answer.read()
      } catch (error) {
        if (!isSilentEnd(error, this.#decoder)) throw error
      }
      if (batch === undefined && this.#answer.bodyKind === undefined) throw emptyBody(this.#context)
      const [document] = batch?.payloads ?? []
      if (document?.kind === 'document') return wholeBatch(decodeResponse(document.text, this.#context))
      this.#decoder ??= createStreamDecoder(this.#context)
      const events: ModelEvent[] = []
      if (batch !== undefined) {
        this.#decode(batch, this.#decoder, events)
        if (this.#failure !== undefined || !this.#decoder.isDone) return { events, isLast: false }
        await this.#answer.drain()
      }
      for (const event of this.#decoder.finish(transportWarnings(this.#answer, this.#context))) events.push(event)
      return { events, isLast: true }
    } catch (error) {
      throw withDetails(error, this.#decoder?.usage, this.#context.requestId)
    }
  }

  #decode(batch: PayloadBatch, decoder: StreamDecoder, events: ModelEvent[]): void {
    const hasContent = this.#push(batch, decoder, events)
    if (this.#failure !== undefined) return
    if (!batch.isTail) this.#answer.heard(hasContent)
    if (decoder.hasFinishReason) this.#answer.finishing()
  }

  #push(batch: PayloadBatch, decoder: StreamDecoder, events: ModelEvent[]): boolean {
    try {
      return pushAll(batch, decoder, events)
    } catch (error) {
      if (events.length === 0) throw error
      this.#failure = error
      return true
    }
  }
}

function pushAll({ payloads, isTail }: PayloadBatch, decoder: StreamDecoder, events: ModelEvent[]): boolean {
  let hasContent = false
  for (const payload of payloads) {
    if (payload.kind !== 'event') continue
    try {
      hasContent = decoder.push(payload.data, payload.name, events) || hasContent
    } catch (error) {
      // Half an event at the end of a stream that was cut is not an event; `finish` says that the stream is not whole.
      if (!(isTail && AgentError.is(error) && error.code === 'stream-malformed')) throw error
    }
  }
  return hasContent
}

function wholeBatch(document: DecodedResponse): EventBatch {
  const { events, warnings, reply } = document
  return { events: [...events, ...warnings.map((warning) => ({ type: 'warning', warning }) as const), { type: 'reply', reply }], isLast: true, document }
}

/** A stream that has its finish reason and then stays open without a word has said what it had to say. */
function isSilentEnd(error: unknown, decoder: StreamDecoder | undefined): boolean {
  return decoder?.hasFinishReason === true && AgentError.is(error) && error.phase === 'finish' && error.code === 'stream-timeout'
}

function transportWarnings(answer: Answer, { origin, secrets }: DecodeContext): readonly Warning[] {
  const type = answer.headers['content-type'] ?? ''
  if (answer.bodyKind !== 'events' || /^text\/event-stream\b/i.test(type)) return []
  return [
    { code: 'content-type', message: `${origin} sends its stream with the content type '${redact(type, secrets).slice(0, 80)}' instead of text/event-stream.` },
  ]
}

function emptyBody({ model, origin }: DecodeContext): AgentError {
  return new AgentError(`${model} at ${origin} answered 200 with an empty body.`, { code: 'stream-truncated', phase: 'first', status: 200, retryable: true })
}

function withDetails(error: unknown, usage: Usage | undefined, requestId: string | undefined): unknown {
  if (!AgentError.is(error)) return error
  const knownUsage = error.usage ?? usage
  const knownId = error.requestId ?? requestId
  if (knownUsage === error.usage && knownId === error.requestId) return error
  return copyError(error, {
    ...(knownUsage !== undefined && { usage: knownUsage }),
    ...(knownId !== undefined && { requestId: knownId }),
  })
}
