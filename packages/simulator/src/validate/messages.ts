import { asArray, asObject, asString, isArray, isObject, type Json, type JsonObject } from '../json.ts'
import { badRequest, type Rejection } from '../rejection.ts'
import { refuse } from '../rules/refusal-rules.ts'
import { checkCalls } from './calls.ts'
import type { CheckContext } from './context.ts'
import { checkPairing } from './pairing.ts'
import { checkReasoning } from './reasoning.ts'

const ROLES: readonly string[] = ['system', 'user', 'assistant', 'tool']
const about = { parameter: 'messages' } as const

/** Checks the messages: shape, content parts, empty messages, lost reasoning, calls and their results. */
export function checkMessages(context: CheckContext): Rejection | undefined {
  const messages = context.body['messages']
  if (!isArray(messages)) return badRequest('Invalid request: messages is missing or not an array', 'messages')
  if (messages.length === 0) return badRequest('Invalid request: messages must not be empty', 'messages')
  for (const [index, message] of messages.entries()) {
    const found = checkMessage(context, message, index)
    if (found !== undefined) return found
  }
  return checkPairing(context.model.refusals, messages.map(asObject)) ?? checkTurns(context, messages.map(asObject))
}

function checkMessage(context: CheckContext, message: Json, index: number): Rejection | undefined {
  if (!isObject(message)) return badRequest(`Invalid request: messages[${index}] must be an object`, 'messages')
  const found = checkRole(context, message, index) ?? checkContent(context, message, index)
  if (found !== undefined) return found
  if (message['partial'] === true || message['prefix'] === true) return checkPartial(context, message, index)
  return message['role'] === 'assistant' ? checkAssistant(context, message, index) : undefined
}

function checkRole({ model, rawBody }: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const role = asString(message['role'])
  if (role === undefined) return badRequest(`Invalid request: messages[${index}].role is missing`, 'messages')
  return ROLES.includes(role) ? undefined : refuse(model.refusals.unknownRole, { index, role, column: columnAfter(rawBody, role) }, about)
}

/** The column of a JSON parser after this word; the body is one line. */
function columnAfter(rawBody: string, word: string): number {
  return rawBody.indexOf(`"${word}"`) + word.length + 2
}

function checkContent(context: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const { refusals } = context.model
  const { content, role } = message
  if (typeof content === 'string') return undefined
  if (content === undefined || content === null) return role === 'assistant' ? undefined : refuse(refusals.missingContent, { index }, about)
  if (!isArray(content)) return badRequest(`Invalid request: messages[${index}].content must be a string`, 'messages')
  if (role === 'tool' && refusals.toolParts !== undefined) return refuse(refusals.toolParts, { index }, about)
  for (const part of content) {
    const found = checkPart(context, asObject(part), index)
    if (found !== undefined) return found
  }
  return undefined
}

function checkPart({ model, rawBody }: CheckContext, part: JsonObject, index: number): Rejection | undefined {
  const { refusals, contentParts } = model
  const type = String(part['type'])
  if (!contentParts.includes(type)) return refuse(refusals.unknownPart, { index, type, column: columnAfter(rawBody, type) }, about)
  if (type === 'text' && part['text'] === '') return refuse(refusals.emptyText, {}, about)
  const isRemote = type === 'image_url' && /^https?:/i.test(asString(asObject(part['image_url'])['url']) ?? '')
  return isRemote ? refuse(refusals.remoteImage, { index }, about) : undefined
}

function checkPartial({ body, model, isBeta }: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const mark = message['partial'] === true ? 'partial' : 'prefix'
  const isKnown = mark === 'partial' ? model.partial === true : model.partial === 'prefix' && isBeta
  if (!isKnown) return badRequest(`${model.id} does not support ${mark} mode${model.partial === 'prefix' ? ' at this base URL' : ''}.`, 'messages')
  const isLast = index === asArray(body['messages']).length - 1
  if (message['role'] === 'assistant' && isLast) return undefined
  return badRequest(`Invalid request: ${mark} is only allowed on a last message with role assistant`, 'messages')
}

function checkAssistant(context: CheckContext, message: JsonObject, index: number): Rejection | undefined {
  const { emptyAssistant } = context.model.refusals
  const hasCalls = asArray(message['tool_calls']).length > 0
  if (emptyAssistant !== undefined && !hasCalls && hasNoContent(message, emptyAssistant.blank)) return refuse(emptyAssistant.message, { index }, about)
  return checkReasoning(context, message, index) ?? checkCalls(context, message, index)
}

/** DeepSeek accepts an empty string as content; Kimi does not. */
function hasNoContent({ content }: JsonObject, blank: boolean | 'spaces'): boolean {
  if (content === undefined || content === null) return true
  if (isArray(content)) return blank !== false && content.length === 0
  return blank === 'spaces' ? asString(content)?.trim() === '' : blank && content === ''
}

/** Two user messages, or two assistant messages, in a row. */
function checkTurns({ model, strict }: CheckContext, messages: readonly JsonObject[]): Rejection | undefined {
  if (strict.alternatingRoles !== true) return undefined
  const index = messages.findIndex(({ role }, position) => (role === 'user' || role === 'assistant') && messages[position - 1]?.['role'] === role)
  return index === -1 ? undefined : refuse(model.refusals.successiveRoles, { model: model.id, index, previous: index - 1 }, about)
}
