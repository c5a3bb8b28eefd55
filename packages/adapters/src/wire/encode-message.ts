import { AgentError, type AssistantMessage, assertNever, type Message, type ReasoningPart, type ToolCallPart, type UserMessage } from '@capstan/core'
import type { ModelProfile, PassBack } from '../profiles/profile.ts'
import { jsonString } from './json-text.ts'

/** What decides how a message is worded for the wire. */
export interface MessageRules {
  readonly model: string
  readonly profile: ModelProfile
  readonly passBack: PassBack
}

/**
 * Words one message for the wire, as JSON text.
 *
 * @param isLast - True for the last message of the request: only there `partial` counts.
 * @returns `undefined` for an assistant message with neither text nor tool calls: endpoints refuse those, so it is left out.
 * @throws {AgentError} `invalid-options` for an image or a partial message that the model refuses.
 */
export function encodeMessage(message: Message, rules: MessageRules, isLast: boolean): string | undefined {
  switch (message.role) {
    case 'system':
      return `{"role":"system","content":${jsonString(message.content)}}`
    case 'user':
      return `{"role":"user","content":${userContent(message, rules)}}`
    case 'assistant':
      return assistantMessage(message, rules, isLast)
    case 'tool': {
      const [{ toolCallId, text }] = message.content
      // An empty content is refused or misread by several servers.
      return `{"role":"tool","tool_call_id":${jsonString(toolCallId)},"content":${jsonString(text === '' ? '(no output)' : text)}}`
    }
    default:
      return assertNever(message)
  }
}

function userContent(message: UserMessage, { profile, model }: MessageRules): string {
  if (typeof message.content === 'string') return jsonString(message.content)
  const [first] = message.content
  if (message.content.length === 1 && first?.type === 'text') return jsonString(first.text)
  const parts = message.content.map((part) => {
    if (part.type === 'text') return `{"type":"text","text":${jsonString(part.text)}}`
    if (!profile.images) {
      throw refusal(`An image part is refused by ${model}: it takes text only. Way out: leave the image out, or use a model that takes images.`)
    }
    return `{"type":"image_url","image_url":{"url":${jsonString(part.url)}}}`
  })
  return `[${parts.join(',')}]`
}

function refusal(message: string): AgentError {
  return new AgentError(message, { code: 'invalid-options' })
}

function assistantMessage(message: AssistantMessage, rules: MessageRules, isLast: boolean): string | undefined {
  const { text, reasoning, toolCalls } = split(message)
  const isPartial = message.partial === true && isLast
  if (isPartial && !rules.profile.partial) {
    throw refusal(`A partial message is refused by ${rules.model}: it has no partial mode. Way out: end the messages with a user message.`)
  }
  if (text === '' && toolCalls.length === 0 && !isPartial) return undefined
  let json = '{"role":"assistant"'
  if (text !== '' || isPartial) json += `,"content":${jsonString(text)}`
  else if (rules.profile.emptyContent !== 'omit') json += `,"content":${JSON.stringify(rules.profile.emptyContent)}`
  json += reasoningFields(reasoning, toolCalls.length > 0, rules)
  if (toolCalls.length > 0) json += `,"tool_calls":[${toolCalls.map(encodeToolCall).join(',')}]`
  if (isPartial) json += ',"partial":true'
  return `${json}}`
}

function split(message: AssistantMessage): { text: string; reasoning: readonly ReasoningPart[]; toolCalls: readonly ToolCallPart[] } {
  if (typeof message.content === 'string') return { text: message.content, reasoning: [], toolCalls: [] }
  let text = ''
  const reasoning: ReasoningPart[] = []
  const toolCalls: ToolCallPart[] = []
  for (const part of message.content) {
    if (part.type === 'text') text += part.text
    else if (part.type === 'reasoning') reasoning.push(part)
    else toolCalls.push(part)
  }
  return { text, reasoning, toolCalls }
}

function reasoningFields(parts: readonly ReasoningPart[], hasToolCalls: boolean, { profile, passBack }: MessageRules): string {
  if (passBack === 'strip') return ''
  if (parts.length === 0) return passBack === 'always' && hasToolCalls ? `,${JSON.stringify(profile.reasoning.field)}:""` : ''
  const fields = new Map<string, string>()
  for (const { field = profile.reasoning.field, text } of parts) fields.set(field, (fields.get(field) ?? '') + text)
  let json = ''
  for (const [field, text] of fields) json += `,${JSON.stringify(field)}:${jsonString(text)}`
  return json
}

/** The names that all endpoints take; a model's slip must not make the history unsendable. */
const badNameCharacters = /[^A-Za-z0-9_-]/g

function encodeToolCall({ toolCallId, toolName, inputText }: ToolCallPart): string {
  const name = toolName.replace(badNameCharacters, '_').slice(0, 64) || 'unknown'
  return `{"id":${jsonString(toolCallId)},"type":"function","function":{"name":${jsonString(name)},"arguments":${jsonString(inputText)}}}`
}
