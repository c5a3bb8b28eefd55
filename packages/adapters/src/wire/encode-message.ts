import type { AssistantMessage, Message, ReasoningPart, ToolCallPart, UserMessage } from '@capstan/core'
import { assertNever } from '@capstan/core/internal'
import type { ModelProfile } from '../profiles/profile.ts'
import { refusedBy } from '../refusals.ts'
import type { EncodeMode } from './encode-mode.ts'
import { isObjectText, jsonString } from './json-text.ts'
import { thinkField } from './think-tags.ts'
import type { NameMap } from './tool-names.ts'

/** What decides how a message is serialised. */
export interface MessageRules {
  readonly model: string
  readonly profile: ModelProfile
  readonly mode: EncodeMode
  readonly nameOf: NameMap
}

/** The position of a message in its request. */
export interface MessagePosition {
  /** True for the last message of the request: `partial` counts only there. */
  readonly isLast: boolean
  /** The ids of its calls, or of its result, where they are not sent as they are stored. */
  readonly ids: readonly string[] | undefined
}

/**
 * Serialises one message, as JSON text.
 *
 * @returns `undefined` for an assistant message with neither text nor tool calls: endpoints refuse those, so it is left out.
 * @throws {AgentError} `invalid-options` for an image or a partial message that the model refuses.
 */
export function encodeMessage(message: Message, rules: MessageRules, position: MessagePosition): string | undefined {
  switch (message.role) {
    case 'system':
      return `{"role":"system","content":${jsonString(message.content)}}`
    case 'user':
      return `{"role":"user","content":${userContent(message, rules)}}`
    case 'assistant':
      return assistantMessage(message, rules, position)
    case 'tool': {
      const [{ toolCallId, text }] = message.content
      // An empty content is refused or misread by several servers.
      return `{"role":"tool","tool_call_id":${jsonString(position.ids?.[0] ?? toolCallId)},"content":${jsonString(text === '' ? '(no output)' : text)}}`
    }
    default:
      return assertNever(message)
  }
}

function userContent(message: UserMessage, rules: MessageRules): string {
  if (typeof message.content === 'string') return jsonString(message.content)
  const [first] = message.content
  if (message.content.length === 1 && first?.type === 'text') return jsonString(first.text)
  const parts = message.content.map((part) => {
    if (part.type === 'text') return `{"type":"text","text":${jsonString(part.text)}}`
    checkImage(part.url, rules)
    return `{"type":"image_url","image_url":{"url":${jsonString(part.url)}}}`
  })
  return `[${parts.join(',')}]`
}

function checkImage(url: string, { profile, model }: MessageRules): void {
  if (profile.images === false) {
    throw refusedBy(model, 'An image part', { because: 'it takes text only', instead: 'leave the image out, or use a model that takes images' })
  }
  if (profile.images === 'inline' && /^https?:/i.test(url)) {
    throw refusedBy(model, 'An image part with an http URL', { because: 'it fetches nothing', instead: 'send the image as a `data:` URL' })
  }
}

function assistantMessage(message: AssistantMessage, rules: MessageRules, { isLast, ids }: MessagePosition): string | undefined {
  const { mode, profile, model } = rules
  const { text, reasoning, toolCalls } = split(message, rules)
  const isPartial = message.partial === true && isLast
  if (isPartial && !profile.partial) {
    throw refusedBy(model, 'A partial message', { because: 'it has no partial mode', instead: 'end the messages with a user message' })
  }
  const isEmpty = mode.dropBlank ? text.trim() === '' : text === ''
  if (isEmpty && toolCalls.length === 0 && !isPartial) return undefined
  let json = '{"role":"assistant"'
  if (!isEmpty || isPartial) json += `,"content":${jsonString(text)}`
  else if (mode.emptyContent !== 'omit') json += `,"content":${JSON.stringify(mode.emptyContent)}`
  json += reasoningFields(reasoning, toolCalls.length > 0, rules)
  if (toolCalls.length > 0) json += `,"tool_calls":[${toolCalls.map((call, index) => encodeToolCall(call, ids?.[index], rules)).join(',')}]`
  if (isPartial) json += ',"partial":true'
  return `${json}}`
}

interface SplitMessage {
  readonly text: string
  readonly reasoning: readonly ReasoningPart[]
  readonly toolCalls: readonly ToolCallPart[]
}

function split(message: AssistantMessage, { mode }: MessageRules): SplitMessage {
  if (typeof message.content === 'string') return { text: message.content, reasoning: [], toolCalls: [] }
  let text = ''
  const reasoning: ReasoningPart[] = []
  const toolCalls: ToolCallPart[] = []
  for (const part of message.content) {
    if (part.type === 'text') text += part.text
    else if (part.type === 'tool-call') toolCalls.push(part)
    // It came in the text, so it goes back there.
    else if (part.field === thinkField) text += mode.passBack === 'strip' ? '' : `<think>${part.text}</think>`
    else reasoning.push(part)
  }
  return { text, reasoning, toolCalls }
}

function reasoningFields(parts: readonly ReasoningPart[], hasToolCalls: boolean, { profile, mode }: MessageRules): string {
  const { passBack } = mode
  if (passBack === 'strip') return ''
  const needsOne = passBack === 'every' || (passBack === 'always' && hasToolCalls)
  if (parts.length === 0) return needsOne ? `,${JSON.stringify(profile.reasoning.field)}:""` : ''
  const fields = new Map<string, string>()
  for (const { field = profile.reasoning.field, text } of parts) fields.set(field, (fields.get(field) ?? '') + text)
  let json = ''
  for (const [field, text] of fields) json += `,${JSON.stringify(field)}:${reasoningValue(field, text)}`
  return json
}

/** https://openrouter.ai/docs/use-cases/reasoning-tokens, 2026-11-21 */
function reasoningValue(field: string, text: string): string {
  return field === 'reasoning_details' ? `[{"type":"reasoning.text","text":${jsonString(text)}}]` : jsonString(text)
}

function encodeToolCall(call: ToolCallPart, id: string | undefined, { mode, nameOf }: MessageRules): string {
  const input = mode.callInputs === 'json' && !isObjectText(call.inputText) ? JSON.stringify({ invalid_json: call.inputText }) : call.inputText
  const called = `{"name":${jsonString(nameOf(call.toolName))},"arguments":${jsonString(input)}}`
  return `{"id":${jsonString(id ?? call.toolCallId)},"type":"function","function":${called}}`
}
