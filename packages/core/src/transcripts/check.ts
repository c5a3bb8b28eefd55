import { AgentError } from '../contract/errors.ts'
import { isJsonObject } from '../contract/json.ts'
import { type AssistantMessage, type Message, type ToolCallPart, toolCallsOf } from '../contract/messages.ts'

/**
 * Checks that messages can be sent: at least one, known roles and parts, no empty assistant message, and each message with tool
 * calls followed by the results of exactly these calls, in call order.
 *
 * @throws {AgentError} `invalid-messages`, naming the position and what is wrong there.
 */
export function checkMessages(messages: readonly Message[]): void {
  const problem = findProblem(messages)
  if (problem === undefined) return
  throw new AgentError(`The messages cannot be sent: ${problem}`, { code: 'invalid-messages' })
}

/** The first thing that a provider would refuse, or `undefined`. Takes whatever a store gave back. */
export function findProblem(messages: readonly Message[]): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return 'there is none. Give at least one message.'
  let open: readonly ToolCallPart[] = []
  for (const [index, message] of messages.entries()) {
    const problem = shapeProblem(message) ?? orderProblem(message, open)
    if (problem !== undefined) return `messages[${index}] ${problem}`
    if (message.role === 'tool') open = open.slice(1)
    else open = message.role === 'assistant' ? toolCallsOf(message) : []
  }
  return open.length === 0 ? undefined : `the last message has ${open.length} tool calls without results.`
}

const textFields: Readonly<Record<string, readonly string[]>> = {
  text: ['text'],
  reasoning: ['text'],
  image: ['url'],
  'tool-call': ['toolCallId', 'toolName', 'inputText'],
  'tool-result': ['toolCallId', 'toolName', 'status', 'text'],
}

const partsOfRole: Readonly<Record<string, readonly string[]>> = {
  system: [],
  user: ['text', 'image'],
  assistant: ['text', 'reasoning', 'tool-call'],
  tool: ['tool-result'],
}

/** What is wrong with a message by itself, whatever stands around it. */
export function shapeProblem(message: unknown): string | undefined {
  if (!isJsonObject(message)) return 'is not a message: { role, content }.'
  const { role, content }: Readonly<Record<string, unknown>> = message
  const parts = typeof role === 'string' && Object.hasOwn(partsOfRole, role) ? partsOfRole[role] : undefined
  if (parts === undefined) return `has the role ${JSON.stringify(role)}. The roles are system, user, assistant and tool.`
  if (typeof content === 'string' && role !== 'tool') return undefined
  if (!Array.isArray(content) || parts.length === 0) return `has a content that is no text${parts.length === 0 ? '' : ' and no list of parts'}.`
  for (const [index, part] of content.entries()) {
    const problem = partProblem(part, parts)
    if (problem !== undefined) return `has a content[${index}] ${problem}`
  }
  return content.length === 0 && role !== 'assistant' ? 'has no content.' : undefined
}

function partProblem(part: unknown, allowed: readonly string[]): string | undefined {
  const type = isJsonObject(part) ? part['type'] : undefined
  if (!isJsonObject(part) || typeof type !== 'string' || !allowed.includes(type)) return `that is no part of type ${allowed.join(' or ')}.`
  const missing = (textFields[type] ?? []).find((field) => typeof part[field] !== 'string')
  return missing === undefined ? undefined : `of type ${type} without the text '${missing}'.`
}

function orderProblem(message: Message, open: readonly ToolCallPart[]): string | undefined {
  const [call] = open
  if (message.role === 'tool') return resultProblem(message, call)
  if (call !== undefined) return `must be the result of the tool call '${call.toolName}': ${open.length} calls are not answered.`
  return message.role === 'assistant' && isEmpty(message) ? 'is an empty assistant message: it has neither text nor tool calls.' : undefined
}

function resultProblem({ content: parts }: Extract<Message, { role: 'tool' }>, call: ToolCallPart | undefined): string | undefined {
  const [part] = parts
  if (parts.length !== 1) return 'must hold exactly one result.'
  if (call === undefined) return `is the result of '${part.toolName}', but no tool call is open there.`
  if (part.toolCallId === call.toolCallId) return undefined
  return `answers the call '${part.toolCallId}', but '${call.toolCallId}' comes first: results stand in call order.`
}

/** True for an assistant message that providers refuse: neither text nor tool calls. */
export function isEmpty({ content }: AssistantMessage): boolean {
  if (typeof content === 'string') return content === ''
  return !content.some((part) => part.type === 'tool-call' || (part.type === 'text' && part.text !== ''))
}
