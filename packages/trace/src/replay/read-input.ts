import type { AssistantPart, Json, JsonObject, Message, UserPart } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { textOfContent } from './recorded-results.ts'

/** The messages of a request without its instructions, and the instructions: the system message that begins it. */
export interface Conversation {
  readonly instructions: Json | undefined
  readonly messages: readonly Json[]
}

/** Splits the messages of a request. */
export function splitInstructions(messages: readonly Json[]): Conversation {
  const [first] = messages
  return isJsonObject(first) && first['role'] === 'system'
    ? { instructions: first['content'], messages: messages.slice(1) }
    : { instructions: undefined, messages }
}

/** The messages of a request in the form that an agent takes as its input. */
export function readInput(messages: readonly Json[]): readonly Message[] {
  const names = new Map<string, string>()
  return messages.filter(isJsonObject).map((message) => readMessage(message, names))
}

function readMessage(message: JsonObject, names: Map<string, string>): Message {
  const { role, content } = message
  if (role === 'assistant') return { role, content: readAssistant(message, names) }
  if (role === 'tool') {
    const toolCallId = String(message['tool_call_id'] ?? '')
    return { role, content: [{ type: 'tool-result', toolCallId, toolName: names.get(toolCallId) ?? '', status: 'ok', text: textOfContent(content) }] }
  }
  if (role === 'system') return { role, content: textOfContent(content) }
  return { role: 'user', content: Array.isArray(content) ? content.flatMap(readUserPart) : textOfContent(content) }
}

function readUserPart(part: Json): readonly UserPart[] {
  const { type, text, image_url: image } = isJsonObject(part) ? part : {}
  if (type === 'text' && typeof text === 'string') return [{ type, text }]
  return isJsonObject(image) && typeof image['url'] === 'string' ? [{ type: 'image', url: image['url'] }] : []
}

function readAssistant({ content, reasoning_content: reasoning, tool_calls: calls }: JsonObject, names: Map<string, string>): readonly AssistantPart[] {
  const text = textOfContent(content)
  return [
    ...(typeof reasoning === 'string' ? [{ type: 'reasoning' as const, text: reasoning }] : []),
    ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ...(Array.isArray(calls) ? calls.map((call) => readCall(call, names)) : []),
  ]
}

function readCall(call: Json, names: Map<string, string>): AssistantPart {
  const { id, function: called } = isJsonObject(call) ? call : {}
  const { name, arguments: inputText } = isJsonObject(called) ? called : {}
  const [toolCallId, toolName] = [String(id ?? ''), String(name ?? '')]
  names.set(toolCallId, toolName)
  return { type: 'tool-call', toolCallId, toolName, inputText: String(inputText ?? '') }
}
