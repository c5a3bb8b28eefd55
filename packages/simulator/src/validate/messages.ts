import { asArray, asObject, asString, isArray, isObject, type Json, type JsonObject } from '../json.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import type { CheckContext } from './context.ts'
import { checkPairing } from './pairing.ts'

const ROLES: readonly string[] = ['system', 'user', 'assistant', 'tool']

/** Checks the messages: shape, content parts, empty messages, reasoning that was lost, calls and their results. */
export function checkMessages(context: CheckContext): Rejection | undefined {
  const messages = context.body['messages']
  if (!isArray(messages)) return badRequest('Invalid request: messages is missing or not an array', 'messages')
  if (messages.length === 0) return badRequest('Invalid request: messages must not be empty', 'messages')
  for (const [index, message] of messages.entries()) {
    const found = checkMessage(context, message, index)
    if (found !== undefined) return found
  }
  return checkPairing(context.model.family, messages.map(asObject))
}

function checkMessage(context: CheckContext, message: Json, index: number): Rejection | undefined {
  if (!isObject(message)) return badRequest(`Invalid request: messages[${index}] must be an object`, 'messages')
  const role = asString(message['role'])
  if (role === undefined || !ROLES.includes(role)) {
    return badRequest(`Invalid request: messages[${index}].role must be one of ${ROLES.join(', ')}, got ${String(message['role'])}`, 'messages')
  }
  const content = checkContent(context, message, index)
  if (content !== undefined) return content
  if (message['partial'] === true) return checkPartial(context, message, index)
  return role === 'assistant' ? checkAssistant(context, message, index) : undefined
}

function checkContent(context: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const { model } = context
  const { content, role } = message
  if (typeof content === 'string') return undefined
  if (content === undefined || content === null) {
    return role === 'assistant' ? undefined : badRequest(`Invalid request: messages[${index}].content is missing`, 'messages')
  }
  const stringOnly = role === 'tool' && model.family === 'deepseek'
  if (!isArray(content) || stringOnly) return badRequest(`Invalid request: messages[${index}].content must be a string`, 'messages')
  for (const part of content) {
    const found = checkPart(context, asObject(part), index)
    if (found !== undefined) return found
  }
  return undefined
}

function checkPart(context: CheckContext, part: JsonObject, index: number): Rejection | undefined {
  const { model, rawBody } = context
  const type = String(part['type'])
  if (!model.contentParts.includes(type)) {
    if (model.family === 'kimi') return badRequest(`Invalid request: unsupported content part type ${type} at messages[${index}]`, 'messages')
    const column = rawBody.indexOf(`"${type}"`) + type.length + 2
    return badRequest(
      `Failed to deserialize the JSON body into the target type: messages[${index}]: unknown variant \`${type}\`, expected \`text\` at line 1 column ${column}`,
      'messages',
    )
  }
  const isEmptyText = type === 'text' && part['text'] === ''
  return isEmptyText && model.family === 'kimi' ? badRequest('Invalid request: text content is empty', 'messages') : undefined
}

function checkPartial({ body, model }: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  if (!model.partial) return badRequest(`${model.id} does not support partial mode.`, 'messages')
  const isLast = index === asArray(body['messages']).length - 1
  if (message['role'] === 'assistant' && isLast) return undefined
  return badRequest('Invalid request: partial is only allowed on a last message with role assistant', 'messages')
}

function checkAssistant(context: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const { family } = context.model
  const hasCalls = asArray(message['tool_calls']).length > 0
  if (!hasCalls && hasNoContent(message, family === 'kimi')) {
    return badRequest(
      family === 'kimi'
        ? `Invalid request: the message at position ${index} with role 'assistant' must not be empty`
        : 'Invalid assistant message: content or tool_calls must be set',
      'messages',
    )
  }
  return checkReasoning(context, message, index)
}

/** DeepSeek takes an empty string as content; Kimi does not. */
function hasNoContent({ content }: JsonObject, emptyCounts: boolean): boolean {
  if (content === undefined || content === null) return true
  return emptyCounts && (isArray(content) ? content.length === 0 : content === '')
}

function checkReasoning(context: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const { model, strict, thinking } = context
  const reasoning = message['reasoning_content']
  if (model.thinking === 'unless-disabled' && strict.rejectReasoning === true && reasoning !== undefined) {
    return badRequest('The `reasoning_content` field is not allowed in the input messages.', 'messages')
  }
  const needed = asArray(message['tool_calls']).length > 0 || strict.requireReasoning === true
  if (!thinking || !needed || typeof reasoning === 'string') return undefined
  return badRequest(
    model.family === 'kimi'
      ? `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${index}`
      : `Missing \`reasoning_content\` field in the assistant message at message index ${index}. For more information, please refer to https://api-docs.deepseek.com/guides/thinking_mode#tool-calls`,
    'messages',
  )
}
