import { AgentError, type ErrorPhase, type Json, type JsonObject, type ModelEvent, type ModelReply, type Usage, type Warning } from '@capstan/core'
import { copyError, isJsonObject } from '@capstan/core/internal'
import { createMessageAssembler, type FinishedMessage, type MessageAssembler } from './assemble-message.ts'
import { aboutAnswer, type DecodeContext, type OpenInfo } from './decode-context.ts'
import { decodeError } from './decode-error.ts'
import { decodeErrorBody } from './error-body.ts'
import { finishReasonOf, isAtOutputLimit, readFinishWord } from './finish-answer.ts'
import { FrameParser } from './frame-parser.ts'
import { readInfo } from './response-info.ts'
import { decodeUsage } from './usage.ts'

/** Decodes the payloads of a stream into events, in linear time. */
export interface StreamDecoder {
  /**
   * Takes the data of one event of the stream.
   *
   * @param name - The event's name, where it has one.
   * @returns True when it held content.
   * @throws {AgentError} For an error inside the stream or a frame that is not one of chat completions.
   */
  push(data: string, name: string | undefined, events: ModelEvent[]): boolean
  /** True after `[DONE]`: what follows is ignored. */
  readonly isDone: boolean
  readonly hasFinishReason: boolean
  /** The usage so far. */
  readonly usage: Usage | undefined
  /**
   * The last events: warnings and the reply.
   *
   * @param warnings - What else is worth knowing, such as from the transport.
   * @throws {AgentError} `stream-truncated` without a finish reason, or what the finish word stands for.
   */
  finish(warnings: readonly Warning[]): readonly ModelEvent[]
}

/** Makes the decoder of one answer. */
export function createStreamDecoder(context: DecodeContext): StreamDecoder {
  return new ChunkDecoder(context)
}

interface StreamState {
  readonly context: DecodeContext
  readonly frames: FrameParser
  readonly message: MessageAssembler
  readonly info: OpenInfo
  usage: Usage | undefined
  finishWord: string | undefined
  isDone: boolean
  hasContent: boolean
}

class ChunkDecoder implements StreamDecoder, StreamState {
  readonly context: DecodeContext
  readonly frames = new FrameParser()
  readonly message: MessageAssembler
  readonly info: OpenInfo = {}
  usage: Usage | undefined
  finishWord: string | undefined
  isDone = false
  hasContent = false

  constructor(context: DecodeContext) {
    this.context = context
    this.message = createMessageAssembler(context)
  }

  get hasFinishReason(): boolean {
    return this.finishWord !== undefined
  }

  push(data: string, name: string | undefined, events: ModelEvent[]): boolean {
    if (this.isDone || data === '') return false
    if (data[0] === '[' && data.startsWith('[DONE]')) {
      this.isDone = true
      return false
    }
    const chunk = parseFrame(data, name, this)
    checkForError(chunk, name, this)
    const hasContent = readChunk(chunk, this, events)
    this.hasContent ||= hasContent
    return hasContent
  }

  finish(warnings: readonly Warning[]): readonly ModelEvent[] {
    return finishStream(this, warnings)
  }
}

function parseFrame(data: string, name: string | undefined, state: StreamState): JsonObject {
  let frame: Json
  try {
    frame = state.frames.parse(data)
  } catch {
    // The words of the parser would quote the frame, so they are not kept.
    if (name === 'error') throw streamError({ error: data }, state)
    throw malformed('an event is not JSON', state)
  }
  if (!isJsonObject(frame)) throw malformed('an event is not a JSON object', state)
  return frame
}

function checkForError(chunk: JsonObject, name: string | undefined, state: StreamState): void {
  const { choices, usage, error } = chunk
  if (name === 'error' || (error !== undefined && error !== null)) throw streamError(chunk, state)
  if (choices !== undefined) return
  if (decodeErrorBody(chunk) !== undefined) throw streamError(chunk, state)
  if (usage === undefined && 'data' in chunk && 'success' in chunk) {
    throw malformed('an event wraps the answer in an envelope of its own', state, false)
  }
}

function readChunk(chunk: JsonObject, state: StreamState, events: ModelEvent[]): boolean {
  const { choices } = chunk
  addInfo(chunk, state)
  addUsage(chunk['usage'], state)
  if (choices === undefined || choices === null) return false
  if (!Array.isArray(choices)) throw malformed('`choices` is not an array', state)
  let hasContent = false
  for (const choice of choices) {
    if (!isJsonObject(choice)) throw malformed('a choice is not an object', state)
    // An agent reads the first candidate alone.
    if ((choice['index'] ?? 0) === 0) hasContent = readChoice(choice, state, events) || hasContent
  }
  return hasContent
}

function readChoice(choice: JsonObject, state: StreamState, events: ModelEvent[]): boolean {
  const { delta, message, usage, finish_reason: finishWord } = choice
  addUsage(usage, state)
  if (typeof finishWord === 'string' && finishWord !== '') state.finishWord = finishWord
  const content = delta ?? message
  return isJsonObject(content) && state.message.add(content, events)
}

function addUsage(value: Json | undefined, state: StreamState): void {
  if (value === undefined || value === null) return
  const usage = decodeUsage(value)
  if (usage === undefined || Object.keys(usage).length === 0) return
  state.usage = usage
  state.info.rawUsage = value
}

/** Each chunk says it again: once is enough, but for a fingerprint that comes later. */
function addInfo(chunk: JsonObject, { info }: StreamState): void {
  if (info.id === undefined) Object.assign(info, readInfo(chunk))
  else if (info.systemFingerprint === undefined && typeof chunk['system_fingerprint'] === 'string') info.systemFingerprint = chunk['system_fingerprint']
}

function phaseOf({ hasContent }: StreamState): ErrorPhase {
  return hasContent ? 'stream' : 'first'
}

function streamError(body: JsonObject, state: StreamState): AgentError {
  const { context, usage } = state
  return decodeError({ status: 0, phase: phaseOf(state), headers: context.headers, body, usage }, context)
}

function malformed(what: string, state: StreamState, retryable = true): AgentError {
  const about = aboutAnswer(state.usage, state.context)
  return new AgentError(`A frame of the answer is malformed: ${what}.`, { code: 'stream-malformed', phase: phaseOf(state), retryable, ...about })
}

function finishStream(state: StreamState, warnings: readonly Warning[]): readonly ModelEvent[] {
  const { context, finishWord, usage } = state
  if (finishWord === undefined) throw truncated('a finish reason', phaseOf(state), state)
  if (context.profile.needsDone === true && !state.isDone) throw truncated('`[DONE]`', 'finish', state)
  const { finishReason, warning } = readFinishWord(finishWord, context, aboutAnswer(usage, context))
  const { requestId } = context
  const atOutputLimit = isAtOutputLimit(finishReason, usage, context)
  const { message, events, hasRecovered } = finishMessage(state, atOutputLimit)
  const reply: ModelReply = {
    message,
    finishReason: finishReasonOf(finishReason, hasRecovered),
    rawFinishReason: finishWord,
    atOutputLimit,
    usage: usage ?? {},
    response: { ...state.info, ...(requestId !== undefined && { requestId }) },
  }
  const notes = warning === undefined ? warnings : [...warnings, warning]
  return [...events, ...notes.map((note) => ({ type: 'warning', warning: note }) as const), { type: 'reply', reply }]
}

/** A leak is found at the end alone; its error says what was used by then. */
function finishMessage({ message, usage, context }: StreamState, isCut: boolean): FinishedMessage {
  try {
    return message.finish(isCut)
  } catch (error) {
    throw AgentError.is(error) ? copyError(error, aboutAnswer(usage, context)) : error
  }
}

function truncated(what: string, phase: ErrorPhase, { usage, context }: StreamState): AgentError {
  const message = `The stream of ${context.model} ended without ${what}: the answer is not whole.`
  return new AgentError(message, { code: 'stream-truncated', phase, retryable: true, ...aboutAnswer(usage, context) })
}
