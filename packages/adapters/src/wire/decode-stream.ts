import { AgentError, type FinishReason, isJsonObject, type Json, type JsonObject, type ModelEvent, type ModelReply, type ResponseInfo, type Usage, type Warning } from '@capstan/core'
import { redact } from '../redact.ts'
import type { ByteLimits, FinishMeaning, ModelProfile } from '../profiles/profile.ts'
import { createMessageAssembler, type MessageAssembler } from './assemble-message.ts'
import { decodeError, type ErrorContext } from './decode-error.ts'
import { decodeErrorBody } from './error-body.ts'
import { decodeFinishReason } from './finish-reason.ts'
import { decodeUsage } from './usage.ts'

/** What a decoder has to know about the request and its answer. */
export interface DecodeContext extends ErrorContext {
  readonly profile: ModelProfile
  readonly limits: ByteLimits
  /** Headers of the response, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly requestId: string | undefined
  /** The output limit that was asked for: reaching it means that the answer may be cut. */
  readonly maxOutputTokens: number | undefined
}

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
  const state: StreamState = {
    message: createMessageAssembler(context.profile, context.limits),
    info: {},
    rawUsage: undefined,
    usage: undefined,
    finishWord: undefined,
    isDone: false,
    hasContent: false,
  }
  return {
    push: (data, name, events) => {
      if (state.isDone || data === '') return false
      if (data.startsWith('[DONE]')) {
        state.isDone = true
        return false
      }
      const hasContent = readChunk(parseFrame(data, name, state, context), state, { events, context, isErrorEvent: name === 'error' })
      state.hasContent ||= hasContent
      return hasContent
    },
    get isDone() {
      return state.isDone
    },
    get hasFinishReason() {
      return state.finishWord !== undefined
    },
    get usage() {
      return state.usage
    },
    finish: (warnings) => finishStream(state, context, warnings),
  }
}

interface StreamState {
  readonly message: MessageAssembler
  info: Partial<Record<'id' | 'object' | 'model' | 'systemFingerprint', string>> & { created?: number }
  rawUsage: Json | undefined
  usage: Usage | undefined
  finishWord: string | undefined
  isDone: boolean
  hasContent: boolean
}

function parseFrame(data: string, name: string | undefined, state: StreamState, context: DecodeContext): JsonObject {
  let frame: Json
  try {
    frame = JSON.parse(data)
  } catch {
    // The words of the parser would quote the frame, so they are not kept.
    if (name === 'error') throw streamError({ error: data }, state, context)
    throw malformed('an event is not JSON', state)
  }
  if (!isJsonObject(frame)) throw malformed('an event is not a JSON object', state)
  return frame
}

interface ChunkPlace {
  readonly events: ModelEvent[]
  readonly context: DecodeContext
  readonly isErrorEvent: boolean
}

function readChunk(chunk: JsonObject, state: StreamState, { events, context, isErrorEvent }: ChunkPlace): boolean {
  const { choices, usage } = chunk
  if (choices === undefined || chunk['error'] !== undefined) {
    if (isErrorEvent || (chunk['error'] !== undefined && chunk['error'] !== null) || decodeErrorBody(chunk) !== undefined) throw streamError(chunk, state, context)
    if (usage === undefined && 'data' in chunk && 'success' in chunk) {
      throw malformed('an event wraps the answer in an envelope of its own', state, false)
    }
  }
  readInfo(chunk, state)
  readUsage(usage, state)
  if (choices === undefined || choices === null) return false
  if (!Array.isArray(choices)) throw malformed('`choices` is not an array', state)
  let hasContent = false
  for (const choice of choices) {
    if (!isJsonObject(choice)) throw malformed('a choice is not an object', state)
    // An agent reads the first candidate alone.
    if ((choice['index'] ?? 0) !== 0) continue
    readUsage(choice['usage'], state)
    const delta = choice['delta'] ?? choice['message']
    if (isJsonObject(delta)) hasContent = state.message.add(delta, events) || hasContent
    if (typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== '') state.finishWord = choice['finish_reason']
  }
  return hasContent
}

function readUsage(value: Json | undefined, state: StreamState): void {
  if (value === undefined || value === null) return
  const usage = decodeUsage(value)
  if (usage === undefined || Object.keys(usage).length === 0) return
  state.usage = usage
  state.rawUsage = value
}

function readInfo(chunk: JsonObject, state: StreamState): void {
  // Each chunk says it again: once is enough, but for a fingerprint that comes later.
  if (state.info.id === undefined) state.info = { ...state.info, ...infoOf(chunk) }
  else if (state.info.systemFingerprint === undefined && typeof chunk['system_fingerprint'] === 'string') state.info.systemFingerprint = chunk['system_fingerprint']
}

function infoOf(body: JsonObject): StreamState['info'] {
  const { id, object, created, model, system_fingerprint: systemFingerprint } = body
  const info: StreamState['info'] = {}
  if (typeof id === 'string' && id !== '') info.id = id
  if (typeof object === 'string') info.object = object
  if (typeof created === 'number') info.created = created
  if (typeof model === 'string') info.model = model
  if (typeof systemFingerprint === 'string') info.systemFingerprint = systemFingerprint
  return info
}

/** What a body or chunk says about itself, with the request id of the headers. */
export function decodeResponseInfo(body: JsonObject, { requestId }: DecodeContext, rawUsage: Json | undefined): ResponseInfo {
  return { ...infoOf(body), ...(requestId !== undefined && { requestId }), ...(rawUsage !== undefined && { rawUsage }) }
}

function streamError(chunk: JsonObject, state: StreamState, context: DecodeContext): AgentError {
  const phase = state.hasContent ? 'stream' : 'first'
  return decodeError({ status: 0, phase, headers: context.headers, body: chunk, usage: state.usage }, context)
}

function malformed(what: string, state: StreamState, retryable = true): AgentError {
  const phase = state.hasContent ? 'stream' : 'first'
  return new AgentError(`A frame of the answer is malformed: ${what}.`, { code: 'stream-malformed', phase, retryable, ...(state.usage !== undefined && { usage: state.usage }) })
}

function finishStream(state: StreamState, context: DecodeContext, warnings: readonly Warning[]): readonly ModelEvent[] {
  const { finishWord, usage, rawUsage } = state
  const about = { ...(usage !== undefined && { usage }), ...(context.requestId !== undefined && { requestId: context.requestId }) }
  if (finishWord === undefined || (context.profile.needsDone === true && !state.isDone)) {
    const what = finishWord === undefined ? 'a finish reason' : '`[DONE]`'
    throw new AgentError(`The stream of ${context.model} ended without ${what}: the answer is not whole.`, {
      code: 'stream-truncated',
      phase: finishWord === undefined ? (state.hasContent ? 'stream' : 'first') : 'finish',
      retryable: true,
      ...about,
    })
  }
  const { finishReason, warning } = readFinishWord(finishWord, context, about)
  const response: ResponseInfo = { ...state.info, ...(context.requestId !== undefined && { requestId: context.requestId }), ...(rawUsage !== undefined && { rawUsage }) }
  const reply: ModelReply = {
    message: state.message.finish(),
    finishReason,
    rawFinishReason: finishWord,
    atOutputLimit: isAtOutputLimit(finishReason, usage, context),
    usage: usage ?? {},
    response,
  }
  const notes = warning === undefined ? warnings : [...warnings, warning]
  return [...notes.map((note) => ({ type: 'warning', warning: note }) as const), { type: 'reply', reply }]
}

/** True when the finish reason says so, or when the tokens do: some servers report a cut call as `tool_calls`. */
export function isAtOutputLimit(finishReason: FinishReason, usage: Usage | undefined, { maxOutputTokens }: DecodeContext): boolean {
  return finishReason === 'length' || (maxOutputTokens !== undefined && (usage?.outputTokens ?? 0) >= maxOutputTokens)
}

/**
 * The finish reason behind a provider's word.
 *
 * @throws {AgentError} `provider-overloaded` or `provider-failed` for words that mean the answer broke.
 */
export function readFinishWord(word: string, context: DecodeContext, about: { readonly usage?: Usage; readonly requestId?: string }): { readonly finishReason: FinishReason; readonly warning?: Warning } {
  const meaning: FinishMeaning = decodeFinishReason(word, context.profile)
  if (meaning === 'overloaded' || meaning === 'failed') {
    throw new AgentError(`${context.model} broke off its answer with finish reason '${redact(word, context.secrets).slice(0, 80)}'.`, {
      code: meaning === 'overloaded' ? 'provider-overloaded' : 'provider-failed',
      phase: 'finish',
      retryable: true,
      ...about,
    })
  }
  if (meaning !== 'other') return { finishReason: meaning }
  const message = `${context.model} ended its answer with a finish reason that is not known: '${redact(word, context.secrets).slice(0, 80)}'.`
  return { finishReason: 'other', warning: { code: 'unknown-finish-reason', message } }
}
