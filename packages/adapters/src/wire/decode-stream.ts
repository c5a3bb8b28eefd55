import { AgentError, type ErrorPhase, type Json, type JsonObject, type ModelEvent, type ModelReply, type Usage, type Warning } from '@capstan/core'
import { copyError, isJsonObject } from '@capstan/core/internal'
import { type FinishedMessage, MessageAssembler } from './assemble-message.ts'
import { type DecodeContext, errorDetails, type MutableInfo } from './decode-context.ts'
import { decodeError } from './decode-error.ts'
import { decodeErrorBody, saysError } from './error-body.ts'
import { finishReasonOf, isAtOutputLimit, isWholeMessage, noFinishWord, readFinishWord } from './finish-word.ts'
import { FrameParser } from './frame-parser.ts'
import { refusalOf } from './refusal.ts'
import { readInfo } from './response-info.ts'
import { decodeUsage, joinUsage } from './usage.ts'

/** Decodes the payloads of one stream into events, in linear time. */
export class StreamDecoder {
  /** True after `[DONE]`: what follows is ignored. */
  isDone = false
  /** The usage so far. */
  usage: Usage | undefined
  readonly #context: DecodeContext
  readonly #frames = new FrameParser()
  readonly #message: MessageAssembler
  readonly #info: MutableInfo = {}
  #finishWord: string | undefined
  #hasContent = false

  constructor(context: DecodeContext) {
    this.#context = context
    this.#message = new MessageAssembler(context)
  }

  get hasFinishReason(): boolean {
    return this.#finishWord !== undefined
  }

  /**
   * Takes the data of one event of the stream.
   *
   * @param name - The event's name, where it has one.
   * @returns True when it held content.
   * @throws {AgentError} For an error inside the stream or a frame that is not one of chat completions.
   */
  push(data: string, name: string | undefined, events: ModelEvent[]): boolean {
    if (this.isDone || data === '') return false
    if (data[0] === '[' && data.startsWith('[DONE]')) {
      this.isDone = true
      return false
    }
    const chunk = this.#parse(data, name)
    this.#checkForError(chunk, name)
    const hasContent = this.#readChunk(chunk, events)
    this.#hasContent ||= hasContent
    return hasContent
  }

  /**
   * The last events: warnings and the reply.
   *
   * @param warnings - Further warnings, such as from the transport.
   * @throws {AgentError} `stream-truncated` without a finish reason, or the error that the finish reason means.
   */
  finish(warnings: readonly Warning[]): readonly ModelEvent[] {
    const context = this.#context
    const finishWord = this.#finishWord
    // Without a finish word, only usage and the end mark together show that the server had no more to say.
    if (finishWord === undefined && !(this.isDone && this.usage !== undefined)) throw this.#truncated('a finish reason', this.#phase)
    if (context.profile.needsDone === true && !this.isDone) throw this.#truncated('`[DONE]`', 'finish')
    const end = finishWord === undefined ? noFinishWord(context) : readFinishWord(finishWord, context, this.#details)
    const atOutputLimit = isAtOutputLimit(end.finishReason, this.usage, context)
    const finished = this.#finishMessage(atOutputLimit)
    if (finishWord === undefined && !isWholeMessage(finished.message)) throw this.#truncated('a finish reason', this.#phase)
    const refusal = refusalOf(finished, context, this.#details)
    const { message, events } = finished
    const reply: ModelReply = {
      message,
      finishReason: finishReasonOf(end, finished),
      ...(finishWord !== undefined && { rawFinishReason: finishWord }),
      atOutputLimit,
      usage: this.usage ?? {},
      response: { ...this.#info, ...(context.requestId !== undefined && { requestId: context.requestId }) },
    }
    const notes = [...warnings, end.warning, refusal].filter((note) => note !== undefined)
    return [...events, ...notes.map((note) => ({ type: 'warning', warning: note }) as const), { type: 'reply', reply }]
  }

  #parse(data: string, name: string | undefined): JsonObject {
    let frame: Json
    try {
      frame = this.#frames.parse(data)
    } catch {
      // The message of the parser would quote the frame, so it is not kept.
      if (name === 'error') throw this.#streamError({ error: data })
      throw this.#malformed('an event is not JSON')
    }
    if (isJsonObject(frame)) return frame
    // Gemini reports an error as a list of one; other servers send only a text under the name of the event.
    if (decodeErrorBody(frame) !== undefined) throw this.#streamError(frame)
    if (name === 'error' && frame !== null) throw this.#streamError({ error: typeof frame === 'string' ? frame : data })
    throw this.#malformed('an event is not a JSON object')
  }

  #checkForError(chunk: JsonObject, name: string | undefined): void {
    const { choices, usage, error } = chunk
    if (name === 'error' || saysError(error)) throw this.#streamError(chunk)
    if (choices !== undefined && choices !== null) return
    if (decodeErrorBody(chunk) !== undefined) throw this.#streamError(chunk)
    if (usage === undefined && 'data' in chunk && 'success' in chunk) {
      throw this.#malformed('an event wraps the response in an envelope of its own', false)
    }
  }

  #readChunk(chunk: JsonObject, events: ModelEvent[]): boolean {
    const { choices } = chunk
    const { x_groq: groq } = chunk
    this.#addInfo(chunk)
    this.#addUsage(isJsonObject(groq) ? groq['usage'] : undefined)
    this.#addUsage(chunk['usage'])
    if (choices === undefined || choices === null) return false
    if (!Array.isArray(choices)) throw this.#malformed('`choices` is not an array')
    let hasContent = false
    for (const choice of choices) {
      if (!isJsonObject(choice)) throw this.#malformed('a choice is not an object')
      // An agent reads only the first candidate.
      if ((choice['index'] ?? 0) === 0) hasContent = this.#readChoice(choice, events) || hasContent
    }
    return hasContent
  }

  #readChoice(choice: JsonObject, events: ModelEvent[]): boolean {
    const { delta, message, usage, finish_reason: finishWord, error } = choice
    this.#addUsage(usage)
    if (saysError(error)) throw this.#streamError(choice)
    if (typeof finishWord === 'string' && finishWord !== '') this.#finishWord = finishWord
    const content = delta ?? message
    return isJsonObject(content) && this.#message.add(content, events)
  }

  #addUsage(value: Json | undefined): void {
    if (value === undefined || value === null) return
    const usage = decodeUsage(value)
    if (usage === undefined || Object.keys(usage).length === 0) return
    this.usage = joinUsage(this.usage, usage)
    this.#info.rawUsage = value
  }

  /** Each chunk repeats the info, so it is read once; only a fingerprint can come later. */
  #addInfo(chunk: JsonObject): void {
    const info = this.#info
    if (info.id === undefined) Object.assign(info, readInfo(chunk))
    else if (info.systemFingerprint === undefined && typeof chunk['system_fingerprint'] === 'string') info.systemFingerprint = chunk['system_fingerprint']
  }

  /** Leaked markup is found only at the end; its error carries what was used until then. */
  #finishMessage(isCut: boolean): FinishedMessage {
    try {
      return this.#message.finish(isCut)
    } catch (error) {
      throw AgentError.is(error) ? copyError(error, this.#details) : error
    }
  }

  get #phase(): ErrorPhase {
    return this.#hasContent ? 'stream' : 'first'
  }

  get #details(): ReturnType<typeof errorDetails> {
    return errorDetails(this.usage, this.#context)
  }

  #streamError(body: Json): AgentError {
    return decodeError({ status: 0, phase: this.#phase, headers: this.#context.headers, body, usage: this.usage }, this.#context)
  }

  #malformed(what: string, retryable = true): AgentError {
    return new AgentError(`A frame of the response is malformed: ${what}.`, { code: 'stream-malformed', phase: this.#phase, retryable, ...this.#details })
  }

  #truncated(what: string, phase: ErrorPhase): AgentError {
    const message = `The stream of ${this.#context.model} ended without ${what}, so the reply is incomplete.`
    return new AgentError(message, { code: 'stream-truncated', phase, retryable: true, ...this.#details })
  }
}
