import type { Json, JsonObject, Message } from '@capstan/core'
import type { ExchangeLine } from '../lines.ts'
import { eventOf, type Row, repliedRequest, type Scope } from './row.ts'

/** A message as the page shows it, whatever form it was recorded in. */
export interface ShownMessage {
  readonly role: string
  readonly parts: readonly ShownPart[]
}

/** A part of a message. `call` is a tool call, `result` what a tool returned, `json` what has no form of its own. */
export interface ShownPart {
  readonly kind: 'text' | 'reasoning' | 'call' | 'result' | 'json'
  /** The tool, of a call or result. */
  readonly name?: string
  readonly text: string
}

/** All messages of a request, as they were sent. */
export function messagesOf(exchanges: readonly ExchangeLine[], exchange: ExchangeLine): readonly Json[] {
  // Of the requests before it, each gives the messages that the next ones kept.
  const pieces: (readonly Json[])[] = []
  let [current, wanted]: [ExchangeLine | undefined, number] = [exchange, Number.POSITIVE_INFINITY]
  while (current?.request !== undefined && wanted > 0) {
    const { kept, added, before }: NonNullable<ExchangeLine['request']> = current.request
    if (wanted > kept) pieces.push(added.slice(0, wanted - kept))
    wanted = Math.min(wanted, kept)
    current = before === undefined ? undefined : exchanges[before]
  }
  return pieces.reverse().flat()
}

/** The value that the newest request up to this one set: parameters and tools are recorded where they change. */
export function settingOf<Name extends 'parameters' | 'tools'>(
  exchanges: readonly ExchangeLine[],
  exchange: ExchangeLine,
  name: Name,
): NonNullable<ExchangeLine['request']>[Name] | undefined {
  let current: ExchangeLine | undefined = exchange
  while (current?.request !== undefined && current.request[name] === undefined) {
    current = current.request.before === undefined ? undefined : exchanges[current.request.before]
  }
  return current?.request?.[name]
}

/** Reads a message of a request body, or one in the form of core. */
export function showMessage(message: Json): ShownMessage {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return { role: 'unknown', parts: [jsonPart(message)] }
  const { role, content, reasoning_content: reasoning, tool_calls: calls, name, ...rest } = message as JsonObject
  const toolName = typeof name === 'string' ? { name } : {}
  const parts: ShownPart[] = [
    ...(typeof reasoning === 'string' && reasoning !== '' ? [{ kind: 'reasoning', text: reasoning } as const] : []),
    ...contentParts(content, role === 'tool' ? { kind: 'result', ...toolName } : { kind: 'text' }),
    ...(Array.isArray(calls) ? calls.map(wireCall) : []),
  ]
  const others = Object.entries(rest).filter(([key]) => !hidden.has(key))
  return { role: String(role), parts: others.length === 0 ? parts : [...parts, jsonPart(Object.fromEntries(others) as Json)] }
}

/** Members that the parts show already, or that say nothing. */
const hidden = new Set(['tool_call_id', 'version', 'summary', 'partial'])

function contentParts(content: Json | undefined, own: Omit<ShownPart, 'text'>): readonly ShownPart[] {
  if (content === undefined || content === null || content === '') return []
  if (typeof content === 'string') return [{ ...own, text: content }]
  return Array.isArray(content) ? content.map((part: Json) => contentPart(part, own)) : [jsonPart(content)]
}

function contentPart(part: Json, own: Omit<ShownPart, 'text'>): ShownPart {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return jsonPart(part)
  const { type, text, toolName, inputText, url, image_url: image }: JsonObject = part as JsonObject
  const name = typeof toolName === 'string' ? { name: toolName } : {}
  switch (type) {
    case 'text':
      return { ...own, text: String(text) }
    case 'reasoning':
      return { kind: 'reasoning', text: String(text) }
    case 'tool-call':
      return { kind: 'call', ...name, text: String(inputText) }
    case 'tool-result':
      return { kind: 'result', ...name, text: String(text) }
    case 'image':
    case 'image_url':
      // Pictures are not loaded: that would tell their server that somebody looks.
      return { kind: 'text', text: `[image] ${String((image as JsonObject | undefined)?.['url'] ?? url)}` }
    default:
      return jsonPart(part)
  }
}

function wireCall(call: Json): ShownPart {
  const { function: called } = (typeof call === 'object' && call !== null ? call : {}) as JsonObject
  if (typeof called !== 'object' || called === null || Array.isArray(called)) return jsonPart(call)
  const { name, arguments: text } = called as JsonObject
  return { kind: 'call', name: String(name), text: typeof text === 'string' ? text : JSON.stringify(text) }
}

function jsonPart(value: Json): ShownPart {
  return { kind: 'json', text: JSON.stringify(value, undefined, 2) }
}

/** The messages before a step, put together from events where no request was recorded. */
export function messagesBefore(scope: Scope, step: number): readonly ShownMessage[] {
  const head = scope.instructions === undefined ? [] : [{ role: 'system', parts: [{ kind: 'text', text: scope.instructions }] } as const]
  const input = (scope.input ?? []).map(showMessage)
  const earlier = [...scope.steps.values()].filter((row) => row.step < step).sort((left, right) => left.step - right.step)
  return [...head, ...input, ...earlier.flatMap(messagesIn)]
}

function messagesIn(step: Row): readonly ShownMessage[] {
  const request = repliedRequest(step)
  const end = request === undefined ? undefined : eventOf(request, 'message-end')
  const reply = end === undefined ? [] : [showMessage(end.message satisfies Message as unknown as Json)]
  const calls = step.children.filter(({ kind }) => kind === 'tool').sort((left, right) => (left.number ?? 0) - (right.number ?? 0))
  const results = calls.flatMap((row) => {
    const result = eventOf(row, 'tool-end')
    return result === undefined ? [] : [{ role: 'tool', parts: [{ kind: 'result', name: row.name, text: result.text }] } as const]
  })
  return [...reply, ...results]
}
