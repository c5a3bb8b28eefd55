import { AgentError, type Candidate, type Json, type JsonObject, type ModelEvent, type ModelReply, type ResponseInfo, type Warning } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { redact } from '../redact.ts'
import { type FinishedMessage, MessageAssembler } from './assemble-message.ts'
import { type DecodeContext, type ErrorDetails, errorDetails } from './decode-context.ts'
import { decodeError, excerpt } from './decode-error.ts'
import { decodeErrorBody, saysError } from './error-body.ts'
import { finishReasonOf, isAtOutputLimit, noFinishWord, readFinishWord } from './finish-word.ts'
import { refusalOf } from './refusal.ts'
import { readInfo } from './response-info.ts'
import { decodeUsage } from './usage.ts'

/** A complete body, decoded. */
export interface DecodedResponse {
  /** What a stream of the same reply would have shown of the first candidate. */
  readonly events: readonly ModelEvent[]
  readonly reply: ModelReply
  readonly candidates: readonly Candidate[]
  readonly warnings: readonly Warning[]
  readonly raw: Json
}

/**
 * Decodes a body that came in one piece. A complete JSON document is complete without a finish word, too.
 *
 * @throws {AgentError} `unexpected-content` when it is not a chat completion, `stream-truncated` when it is not complete JSON,
 *   `content-refused` when the model refused, or the error that the body holds.
 */
export function decodeResponse(text: string, context: DecodeContext): DecodedResponse {
  const body = parseBody(text, context)
  const rawUsage = rawUsageOf(body)
  const usage = decodeUsage(rawUsage)
  const details = errorDetails(usage, context)
  const read = readChoices(body, context).map((choice) => readCandidate(choice, { context, details, usage }))
  const [first] = read
  if (first === undefined) throw notACompletion('its `choices` are empty', text, context)
  const refusal = refusalOf(first.finished, context, details)
  const { message, finishReason, rawFinishReason } = first.candidate
  const reply: ModelReply = {
    message,
    finishReason,
    ...(rawFinishReason !== undefined && { rawFinishReason }),
    atOutputLimit: isAtOutputLimit(finishReason, usage, context),
    usage: usage ?? {},
    response: responseInfo(body, rawUsage, context),
  }
  const warnings = [...read.map(({ warning }) => warning), refusal].filter((warning) => warning !== undefined)
  return { events: first.events, reply, candidates: read.map(({ candidate }) => candidate), warnings, raw: body }
}

interface ReadCandidate {
  readonly candidate: Candidate
  readonly finished: FinishedMessage
  readonly events: readonly ModelEvent[]
  readonly warning: Warning | undefined
}

interface Known {
  readonly context: DecodeContext
  readonly details: ErrorDetails
  readonly usage: ModelReply['usage'] | undefined
}

function readCandidate(choice: JsonObject, { context, details, usage }: Known): ReadCandidate {
  const { finish_reason: word, message, logprobs, error } = choice
  if (saysError(error)) throw errorInside(choice, context, details)
  const finishWord = typeof word === 'string' && word !== '' ? word : undefined
  const end = finishWord === undefined ? noFinishWord(context) : readFinishWord(finishWord, context, details)
  const assembler = new MessageAssembler(context)
  const events: ModelEvent[] = []
  if (isJsonObject(message)) assembler.add(message, events)
  const finished = assembler.finish(isAtOutputLimit(end.finishReason, usage, context))
  return {
    candidate: {
      message: finished.refusal === '' || finished.message.content.length > 0 ? finished.message : { role: 'assistant', content: finished.refusal },
      finishReason: finishReasonOf(end, finished),
      ...(finishWord !== undefined && { rawFinishReason: finishWord }),
      ...(logprobs !== undefined && logprobs !== null && { logprobs }),
    },
    finished,
    events: [...events, ...finished.events],
    warning: end.warning,
  }
}

function parseBody(text: string, context: DecodeContext): JsonObject {
  let body: Json
  try {
    body = JSON.parse(text)
  } catch {
    const error = errorBefore(text)
    if (error !== undefined) throw errorInside(error, context, errorDetails(undefined, context))
    // A body that begins as an object and ends in the middle was cut on its way.
    if (text.trimStart().startsWith('{')) {
      throw new AgentError(`The response of ${context.model} is not complete JSON.`, { code: 'stream-truncated', phase: 'stream', retryable: true })
    }
    throw notACompletion('it is not JSON', text, context)
  }
  const isError = isJsonObject(body) ? saysError(body['error']) || (body['choices'] ?? null) === null : Array.isArray(body)
  if (isError && decodeErrorBody(body) !== undefined) {
    throw errorInside(body, context, errorDetails(isJsonObject(body) ? decodeUsage(body['usage']) : undefined, context))
  }
  if (isJsonObject(body)) return body
  throw notACompletion('it is not a JSON object', text, context)
}

/** The error that a body holds on its first line, where a server writes one without a field name and then ends its stream. */
function errorBefore(text: string): Json | undefined {
  try {
    const line = JSON.parse(text.trimStart().split(/[\r\n]/, 1)[0] ?? '') as Json
    return decodeErrorBody(line) === undefined ? undefined : line
  } catch {
    return undefined
  }
}

function errorInside(body: Json, context: DecodeContext, { usage }: ErrorDetails): AgentError {
  return decodeError({ status: 0, phase: 'first', headers: context.headers, body, usage }, context)
}

/** Moonshot puts it into the choice. */
function rawUsageOf(body: JsonObject): Json | undefined {
  const { usage, choices } = body
  if (isJsonObject(usage)) return usage
  const [first] = Array.isArray(choices) ? choices : []
  return isJsonObject(first) && isJsonObject(first['usage']) ? first['usage'] : undefined
}

function responseInfo(body: JsonObject, rawUsage: Json | undefined, { requestId }: DecodeContext): ResponseInfo {
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

/** The error for a 200 that is not a chat completion, with the beginning of what came instead. */
export function notACompletion(why: string, text: string, { model, origin, secrets }: DecodeContext): AgentError {
  const begins = excerpt(redact(text.slice(0, 4_000), secrets))
  return new AgentError(`${model} at ${origin} responded with status 200, but not with a chat completion: ${why}. It begins: ${begins}`, {
    code: 'unexpected-content',
    phase: 'first',
    status: 200,
    providerMessage: begins,
  })
}
