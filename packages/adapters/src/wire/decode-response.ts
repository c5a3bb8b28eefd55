import { AgentError, type Candidate, type Json, type JsonObject, type ModelEvent, type ModelReply, type ResponseInfo, type Warning } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { redact } from '../redact.ts'
import { type FinishedMessage, MessageAssembler } from './assemble-message.ts'
import { type DecodeContext, errorDetails } from './decode-context.ts'
import { decodeError, excerpt } from './decode-error.ts'
import { decodeErrorBody } from './error-body.ts'
import { finishReasonOf, isAtOutputLimit, readFinishWord } from './finish-word.ts'
import { readInfo } from './response-info.ts'
import { decodeUsage } from './usage.ts'

/** A whole body, decoded. */
export interface DecodedResponse {
  /** What a stream of the same answer would have shown of the first candidate. */
  readonly events: readonly ModelEvent[]
  readonly reply: ModelReply
  readonly candidates: readonly Candidate[]
  readonly warnings: readonly Warning[]
  readonly raw: Json
}

/**
 * Decodes a body that came in one piece.
 *
 * @throws {AgentError} `unexpected-content` when it is no chat completion, `stream-truncated` when it has no finish reason, or the error it holds.
 */
export function decodeResponse(text: string, context: DecodeContext): DecodedResponse {
  const body = parseBody(text, context)
  const usage = decodeUsage(rawUsageOf(body))
  const details = errorDetails(usage, context)
  const events: ModelEvent[] = []
  const warnings: Warning[] = []
  const candidates = readChoices(body, context).map((choice, position): Candidate => {
    const finishWord = choice['finish_reason']
    if (typeof finishWord !== 'string' || finishWord === '') {
      throw new AgentError(`The answer of ${context.model} has no finish reason: it is not whole.`, {
        code: 'stream-truncated',
        phase: 'finish',
        retryable: true,
        ...details,
      })
    }
    const { finishReason, warning } = readFinishWord(finishWord, context, details)
    if (warning !== undefined) warnings.push(warning)
    const { message, hasRecovered } = readMessage(choice['message'], isAtOutputLimit(finishReason, usage, context), {
      context,
      events: position === 0 ? events : [],
    })
    const logprobs = choice['logprobs']
    return {
      message,
      finishReason: finishReasonOf(finishReason, hasRecovered),
      rawFinishReason: finishWord,
      ...(logprobs !== undefined && logprobs !== null && { logprobs }),
    }
  })
  const [first] = candidates
  if (first === undefined) throw notACompletion('its `choices` are empty', text, context)
  const reply: ModelReply = {
    message: first.message,
    finishReason: first.finishReason,
    ...(first.rawFinishReason !== undefined && { rawFinishReason: first.rawFinishReason }),
    atOutputLimit: isAtOutputLimit(first.finishReason, usage, context),
    usage: usage ?? {},
    response: responseInfo(body, context),
  }
  return { events, reply, candidates, warnings, raw: body }
}

interface MessageTarget {
  readonly context: DecodeContext
  readonly events: ModelEvent[]
}

function readMessage(message: Json | undefined, isCut: boolean, { context, events }: MessageTarget): FinishedMessage {
  const assembler = new MessageAssembler(context)
  if (isJsonObject(message)) assembler.add(message, events)
  const finished = assembler.finish(isCut)
  for (const event of finished.events) events.push(event)
  return finished
}

function parseBody(text: string, context: DecodeContext): JsonObject {
  let body: Json
  try {
    body = JSON.parse(text)
  } catch {
    // A body that begins as an object and ends in the middle was cut on its way.
    if (text.trimStart().startsWith('{')) {
      throw new AgentError(`The answer of ${context.model} is not whole JSON.`, { code: 'stream-truncated', phase: 'stream', retryable: true })
    }
    throw notACompletion('it is not JSON', text, context)
  }
  if (isJsonObject(body)) {
    const { error, choices } = body
    if ((error !== undefined && error !== null) || (choices === undefined && decodeErrorBody(body) !== undefined)) {
      throw decodeError({ status: 0, phase: 'first', headers: context.headers, body, usage: decodeUsage(body['usage']) }, context)
    }
    return body
  }
  throw notACompletion('it is not a JSON object', text, context)
}

/** Moonshot puts it into the choice. */
function rawUsageOf(body: JsonObject): Json | undefined {
  const { usage, choices } = body
  if (isJsonObject(usage)) return usage
  const [first] = Array.isArray(choices) ? choices : []
  return isJsonObject(first) && isJsonObject(first['usage']) ? first['usage'] : undefined
}

function responseInfo(body: JsonObject, { requestId }: DecodeContext): ResponseInfo {
  const rawUsage = rawUsageOf(body)
  return { ...readInfo(body), ...(requestId !== undefined && { requestId }), ...(rawUsage !== undefined && { rawUsage }) }
}

function readChoices(body: JsonObject, context: DecodeContext): readonly JsonObject[] {
  const choices = body['choices']
  if (!Array.isArray(choices) || !choices.every(isJsonObject)) throw notACompletion('it has no `choices`', JSON.stringify(body), context)
  return choices.length === 1 ? choices : choices.toSorted((left, right) => indexOf(left) - indexOf(right))
}

function indexOf(choice: JsonObject): number {
  return typeof choice['index'] === 'number' ? choice['index'] : 0
}

/** The error for a 200 that is no chat completion, with the beginning of what came instead. */
export function notACompletion(why: string, text: string, { model, origin, secrets }: DecodeContext): AgentError {
  const begins = excerpt(redact(text.slice(0, 4_000), secrets))
  return new AgentError(`${model} at ${origin} answered 200 with something that is not a chat completion: ${why}. It begins: ${begins}`, {
    code: 'unexpected-content',
    phase: 'first',
    status: 200,
    providerMessage: begins,
  })
}
