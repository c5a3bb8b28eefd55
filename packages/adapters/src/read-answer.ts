import { AgentError, copyError, type ModelEvent, type Usage, type Warning } from '@capstan/core'
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
  const decoder = createStreamDecoder(open.context)
  const held: Held = { failure: undefined }
  return {
    next: async () => {
      try {
        if (held.failure !== undefined) throw held.failure
        return await readBatch(open, decoder, held)
      } catch (error) {
        throw withDetails(error, decoder.usage, open.context.requestId)
      }
    },
  }
}

/** What broke the answer after events that came with it: they are handed out first, however the bytes were cut into reads. */
interface Held {
  failure: unknown
}

async function readBatch({ answer, context }: OpenAnswer, decoder: StreamDecoder, held: Held): Promise<EventBatch> {
  const batch = await readPayloads(answer, decoder)
  if (batch === undefined) {
    if (answer.bodyKind === undefined) throw emptyBody(context)
    return { events: decoder.finish(transportWarnings(answer, context)), isLast: true }
  }
  const events: ModelEvent[] = []
  const document = batch.payloads.find((payload) => payload.kind === 'document')
  if (document !== undefined) return wholeBatch(decodeResponse(document.text, context))
  const hasContent = pushHeld(held, events, () => pushAll(batch, decoder, events))
  if (held.failure !== undefined) return { events, isLast: false }
  if (!batch.isTail) answer.heard(hasContent)
  if (decoder.hasFinishReason) answer.finishing()
  if (!decoder.isDone) return { events, isLast: false }
  await answer.drain()
  return { events: [...events, ...decoder.finish(transportWarnings(answer, context))], isLast: true }
}

function pushHeld(held: Held, events: readonly ModelEvent[], push: () => boolean): boolean {
  try {
    return push()
  } catch (error) {
    if (events.length === 0) throw error
    held.failure = error
    return true
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
async function readPayloads(answer: Answer, decoder: StreamDecoder): Promise<PayloadBatch | undefined> {
  try {
    return await answer.read()
  } catch (error) {
    const isSilentEnd = AgentError.is(error) && error.phase === 'finish' && error.code === 'stream-timeout'
    if (isSilentEnd && decoder.hasFinishReason) return undefined
    throw error
  }
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
