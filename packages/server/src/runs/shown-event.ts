import { type AgentErrorCode, callKeyOf, type ErrorData, errorCodes, type Json, type Message, type PendingQuestion, type RunEvent } from '@capstan/core'
import type { Principal } from '../principal.ts'
import type { ServerEvent, ServerMessagePart, ServerQuestion } from '../protocol.ts'

/** What of a run its client sees. */
export interface ShowOptions {
  /** Default: true. */
  readonly reasoning?: boolean
  /** The arguments of tool calls. Default: true. */
  readonly toolInputs?: boolean
  /** The results and the progress of tool calls. Default: true. */
  readonly toolOutputs?: boolean
}

/** Makes of an event of a run what its client sees; `undefined` for nothing. */
export type ShowEvent = (event: RunEvent, principal: Principal) => ServerEvent | undefined

/** Makes the function that decides what clients see. */
export function showWith({ reasoning = true, toolInputs = true, toolOutputs = true }: ShowOptions): ShowEvent {
  const rules = { reasoning, toolInputs, toolOutputs }
  return (event) => hide(showEvent(event), rules)
}

/**
 * What clients see of an event by default. Requests to models, edits of the history and the deltas of arguments are not shown, and neither are
 * the messages of errors and warnings: they may hold what a provider or a tool wrote for the operator.
 */
export function showEvent(event: RunEvent): ServerEvent | undefined {
  const at = { step: event.step, ...(event.path !== undefined && { path: event.path }) }
  switch (event.type) {
    case 'run-start':
      return { type: 'run-start', agent: event.agent }
    case 'step-start':
      return { type: 'step-start', ...at }
    case 'text-delta':
    case 'reasoning-delta':
      return { type: event.type, ...at, delta: event.delta }
    case 'step-retry':
      return { type: 'step-retry', ...at, delayMs: event.delayMs, code: event.error.code }
    case 'message-end': {
      const { message, finishReason, usage, ms } = event
      return { type: 'message-end', ...at, parts: partsOf(message, event), finishReason, usage, ms }
    }
    case 'tool-start': {
      const { key, toolCallId, toolName, input } = event
      return { type: 'tool-start', ...at, key, toolCallId, toolName, input }
    }
    case 'tool-progress':
      return { type: 'tool-progress', ...at, key: event.key, toolName: event.toolName, data: event.data }
    case 'tool-end': {
      const { key, toolCallId, toolName, status, text, ms } = event
      return { type: 'tool-end', ...at, key, toolCallId, toolName, status, text, ms }
    }
    case 'step-end':
      return { type: 'step-end', ...at, usage: event.usage, ...(event.cost !== undefined && { cost: event.cost }) }
    case 'warning':
      return { type: 'warning', ...at, code: event.warning.code }
    case 'run-end':
      return showEnd(event)
    case 'run-error':
      return showError(event.error)
    default:
      return undefined
  }
}

function showEnd(event: Extract<RunEvent, { type: 'run-end' }>): ServerEvent {
  const { status, stopReason, text, usage, cost, toolCalls, pending, agent } = event
  const questions = pending === undefined ? {} : { pending: pending.map(showQuestion) }
  return {
    type: 'run-end',
    status,
    stopReason,
    text,
    usage,
    ...(cost !== undefined && { cost }),
    toolCalls,
    ...questions,
    ...(agent !== undefined && { agent }),
  }
}

/** An error as a client sees it: its code, and what the code means. */
export function showError({ code, retryAfterMs }: Pick<ErrorData, 'code'> & { readonly retryAfterMs?: Json | undefined }): ServerEvent {
  const retry = typeof retryAfterMs === 'number' ? { retryAfterMs } : {}
  return { type: 'run-error', code, message: safeMessage(code), ...retry, isLast: true }
}

/** What a code means, in words that hold nothing of a provider, a path or a key. */
export function safeMessage(code: AgentErrorCode): string {
  return errorCodes[code]?.meaning ?? 'The run failed.'
}

/** A question as clients see it. */
export function showQuestion({ id, position, about, askedAt, expiresInMs }: PendingQuestion): ServerQuestion {
  const times = { ...(askedAt !== undefined && { askedAt }), ...(expiresInMs !== undefined && { expiresInMs }) }
  return { id, key: keyIn(position), about, ...times }
}

/** The key of the call that a question is about: its position without its last part, which is the kind, and for an outcome the round. */
function keyIn(position: string): string {
  return position.replace(/\/(?:approval|question|outcome\/\d+)$/, '')
}

function partsOf(message: Message, { step, path }: Pick<RunEvent, 'step' | 'path'>): readonly ServerMessagePart[] {
  if (typeof message.content === 'string') return [{ type: 'text', text: message.content }]
  let index = 0
  return message.content.flatMap((part): readonly ServerMessagePart[] => {
    if (part.type === 'text' || part.type === 'reasoning') return [{ type: part.type, text: part.text }]
    if (part.type !== 'tool-call') return []
    const { toolCallId, toolName, inputText } = part
    // Agents inside the run number their steps for themselves.
    const key = path === undefined ? { key: callKeyOf({ step, index }) } : {}
    index++
    return [{ type: 'tool-call', ...key, toolCallId, toolName, input: readInput(inputText) }]
  })
}

function readInput(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

function hide(event: ServerEvent | undefined, rules: Required<ShowOptions>): ServerEvent | undefined {
  switch (event?.type) {
    case 'reasoning-delta':
      return rules.reasoning ? event : undefined
    case 'message-end':
      return { ...event, parts: event.parts.flatMap((part) => hidePart(part, rules)) }
    case 'tool-start':
      return rules.toolInputs ? event : { ...event, input: null }
    case 'tool-progress':
      return rules.toolOutputs ? event : undefined
    case 'tool-end':
      return rules.toolOutputs ? event : { ...event, text: '' }
    default:
      return event
  }
}

function hidePart(part: ServerMessagePart, { reasoning, toolInputs }: Required<ShowOptions>): readonly ServerMessagePart[] {
  if (part.type === 'reasoning' && !reasoning) return []
  return [part.type === 'tool-call' && !toolInputs ? { ...part, input: null } : part]
}
