import { type Json, wireIdOf } from '@capstan/core'
import { isJsonObject, outputToolName, parseOperationId } from '@capstan/core/internal'
import type { ServerEvent, ServerMessagePart, ServerQuestion } from '../protocol.ts'
import type { UiChunk, UiQuestion, UiVersion } from './chunks.ts'

/** What the page knows of a call. */
interface ShownCall {
  readonly toolCallId: string
  isInputShown: boolean
  hasEnded: boolean
  /** The question about the call that the page was asked last, until it is answered. */
  asked: { readonly question: UiQuestion; readonly isRequest: boolean } | undefined
}

type EventOf<Type extends ServerEvent['type']> = Extract<ServerEvent, { readonly type: Type }>
type CallOrigin = Pick<EventOf<'tool-end'>, 'key' | 'toolName' | 'path'>

/**
 * The parts of the tool calls of a run, with the questions about them. Each call is shown once and ends once, however often its events come:
 * a run that is continued repeats them. A second input in a later step would make a second part on the page.
 */
export class ToolParts {
  readonly #runId: string
  readonly #version: UiVersion
  readonly #dynamic: { readonly dynamic?: true }
  readonly #calls = new Map<string, ShownCall>()
  /** By path and step, the inputs of the calls of the message: a call that never runs has its input only there. */
  readonly #written = new Map<string, readonly Json[]>()

  constructor({ runId, version, isDynamic }: { readonly runId: string; readonly version: UiVersion; readonly isDynamic: boolean }) {
    this.#runId = runId
    this.#version = version
    this.#dynamic = isDynamic ? { dynamic: true } : {}
  }

  /** Takes the calls of a message that has ended. */
  addMessage(parts: readonly ServerMessagePart[], origin: Pick<EventOf<'message-end'>, 'step' | 'path'>): void {
    const inputs = parts.flatMap((part) => (part.type === 'tool-call' ? [part.input] : []))
    this.#written.set(messageKey(origin), inputs)
  }

  *start(event: EventOf<'tool-start'>): Generator<UiChunk> {
    if (event.toolName === outputToolName) return
    const call = this.#callOf(event.key)
    if (call.hasEnded) return
    yield* this.#showInput(call, event, event.input)
    yield* this.#answered(call, true)
  }

  *progress({ key, toolName, data }: EventOf<'tool-progress'>): Generator<UiChunk> {
    const { hasEnded, toolCallId } = this.#callOf(key)
    if (!hasEnded) yield { type: 'data-tool-progress', id: toolCallId, data: { toolName, progress: data } }
  }

  *end(event: EventOf<'tool-end'>): Generator<UiChunk> {
    if (event.toolName === outputToolName) return
    const call = this.#callOf(event.key)
    if (call.hasEnded) return
    call.hasEnded = true
    const { toolCallId } = call
    const { status, text } = event
    if (!call.isInputShown && (status === 'invalid-input' || status === 'unknown-tool')) {
      call.isInputShown = true
      yield { type: 'tool-input-error', ...this.#named(call, event), input: this.#writtenInput(event), errorText: text }
      return
    }
    yield* this.#showInput(call, event, this.#writtenInput(event))
    const wasRequested = call.asked?.isRequest === true
    yield* this.#answered(call, status !== 'denied', text)
    if (status === 'ok') yield { type: 'tool-output-available', toolCallId, ...this.#dynamic, output: text }
    else if (status === 'denied' && wasRequested) yield { type: 'tool-output-denied', toolCallId }
    else yield { type: 'tool-output-error', toolCallId, ...this.#dynamic, errorText: text }
  }

  /** Shows a question about a call, with the call. */
  *ask({ id, key, about, askedAt, expiresInMs }: ServerQuestion): Generator<UiChunk> {
    if (!isJsonObject(about)) return
    const call = this.#callOf(key)
    if (call.hasEnded || call.asked?.question.questionId === id) return
    const { type, toolName, path, input = null } = about
    // The question was made by the loop, which puts a name and a path of texts into it.
    const origin = { key, toolName: String(toolName), ...(Array.isArray(path) && { path: path as string[] }) }
    yield* this.#showInput(call, origin, input)
    const kind = type === 'question' || type === 'outcome' ? type : 'approval'
    const expires = askedAt !== undefined && expiresInMs !== undefined ? { expiresAt: askedAt + expiresInMs } : {}
    const question: UiQuestion = { questionId: id, runId: this.#runId, toolCallId: call.toolCallId, kind, about, ...expires, status: 'open' }
    const isRequest = kind === 'approval' && this.#version !== 5
    call.asked = { question, isRequest }
    if (isRequest) yield { type: 'tool-approval-request', approvalId: id, toolCallId: call.toolCallId, approvalDescriptor: about }
    else yield { type: kind === 'approval' ? 'data-approval' : 'data-question', id, data: question }
  }

  *#answered(call: ShownCall, approved: boolean, reason?: string): Generator<UiChunk> {
    if (call.asked === undefined) return
    const { question, isRequest } = call.asked
    call.asked = undefined
    const { questionId: id, kind } = question
    if (!isRequest) yield { type: kind === 'approval' ? 'data-approval' : 'data-question', id, data: { ...question, status: 'answered' } }
    else if (this.#version === 7) yield { type: 'tool-approval-response', approvalId: id, approved, ...(!approved && reason !== undefined && { reason }) }
  }

  *#showInput(call: ShownCall, origin: CallOrigin, input: Json): Generator<UiChunk> {
    if (call.isInputShown) return
    call.isInputShown = true
    yield { type: 'tool-input-available', ...this.#named(call, origin), input }
  }

  #named({ toolCallId }: ShownCall, { toolName, path }: CallOrigin) {
    const metadata = path === undefined || this.#version === 5 ? {} : { toolMetadata: { path: [...path] } }
    return { toolCallId, toolName, ...this.#dynamic, ...metadata }
  }

  #callOf(key: string): ShownCall {
    const known = this.#calls.get(key)
    if (known !== undefined) return known
    const call: ShownCall = { toolCallId: wireIdOf(this.#runId, key), isInputShown: false, hasEnded: false, asked: undefined }
    this.#calls.set(key, call)
    return call
  }

  #writtenInput(event: EventOf<'tool-end'>): Json {
    const at = parseOperationId(event.key)
    const index = at !== undefined && 'index' in at ? at.index : -1
    return this.#written.get(messageKey(event))?.[index] ?? null
  }
}

function messageKey({ step, path = [] }: Pick<EventOf<'message-end'>, 'step' | 'path'>): string {
  return JSON.stringify([...path, step])
}
