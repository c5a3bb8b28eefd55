import { AgentError } from '../contract/errors.ts'
import { isJsonObject, type JsonObject } from '../contract/json.ts'
import { labelsProblem } from '../contract/labels.ts'
import { type AssistantMessage, type Message, type ToolCallPart, toolCallsOf } from '../contract/messages.ts'

/**
 * Checks that messages can be sent: at least one, known roles and parts, no empty assistant message, and each message with tool
 * calls followed by the results of exactly these calls, in call order.
 *
 * @throws {AgentError} `invalid-messages`, with the position of the first problem.
 */
export function checkMessages(messages: readonly Message[]): void {
  const problem = findProblem(messages)
  if (problem === undefined) return
  throw new AgentError(`The messages cannot be sent: ${problem}`, { code: 'invalid-messages' })
}

/** The first problem that a provider would refuse, as a sentence, or `undefined`. Accepts any value, such as what a store returned. */
export function findProblem(messages: readonly Message[]): string | undefined {
  if (!Array.isArray(messages)) return 'they must be a list of messages, or a text.'
  if (messages.length === 0) return 'the list is empty. Give at least one message.'
  let pending: readonly ToolCallPart[] = []
  for (const [index, message] of messages.entries()) {
    const problem = shapeProblem(message) ?? orderProblem(message, pending)
    if (problem !== undefined) return `messages[${index}] ${problem}`
    if (message.role === 'tool') pending = pending.slice(1)
    else pending = message.role === 'assistant' ? toolCallsOf(message) : []
  }
  return pending.length === 0 ? undefined : `the last message has ${pending.length} tool calls without results.`
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

/** The problem of a single message, independent of the messages before and after it. */
export function shapeProblem(message: unknown): string | undefined {
  if (!isJsonObject(message)) return 'is not a message: { role, content }.'
  const { role, content }: Readonly<Record<string, unknown>> = message
  const parts = typeof role === 'string' && Object.hasOwn(partsOfRole, role) ? partsOfRole[role] : undefined
  if (parts === undefined) return `has the role ${JSON.stringify(role)}. The roles are system, user, assistant and tool.`
  return marksProblem(message) ?? contentProblem(content, { role, parts })
}

// A mark that is misspelt must not be ignored: what it is about would be trusted.
function marksProblem({ labels, origin }: JsonObject): string | undefined {
  return labelsProblem(labels) ?? (origin === undefined || origin === 'loop' ? undefined : "has an origin other than 'loop'.")
}

function contentProblem(content: unknown, { role, parts }: { readonly role: unknown; readonly parts: readonly string[] }): string | undefined {
  if (typeof content === 'string' && role !== 'tool') return undefined
  if (parts.length === 0) return 'has a content that is not a string.'
  if (!Array.isArray(content)) return `has a content that is ${role === 'tool' ? 'not' : 'neither a string nor'} a list of parts.`
  for (const [index, part] of content.entries()) {
    const problem = partProblem(part, parts)
    if (problem !== undefined) return `has a content[${index}] ${problem}`
  }
  return content.length === 0 && role !== 'assistant' ? 'has no content.' : undefined
}

function partProblem(part: unknown, allowed: readonly string[]): string | undefined {
  const type = isJsonObject(part) ? part['type'] : undefined
  if (!isJsonObject(part) || typeof type !== 'string' || !allowed.includes(type)) return `that is not a part of type ${allowed.join(' or ')}.`
  const wrong = labelsProblem(part['labels'])
  if (wrong !== undefined) return `that ${wrong}`
  const missing = (textFields[type] ?? []).find((field) => typeof part[field] !== 'string')
  return missing === undefined ? undefined : `of type ${type} whose '${missing}' is not a string.`
}

function orderProblem(message: Message, pending: readonly ToolCallPart[]): string | undefined {
  const [call] = pending
  if (message.role === 'tool') return resultProblem(message, call)
  if (call !== undefined) return `must be the result of the tool call '${call.toolName}': ${pending.length} calls have no results yet.`
  return message.role === 'assistant' && isEmpty(message) ? 'is an empty assistant message: it has neither text nor tool calls.' : undefined
}

function resultProblem({ content: parts }: Extract<Message, { role: 'tool' }>, call: ToolCallPart | undefined): string | undefined {
  const [part] = parts
  if (parts.length !== 1) return 'must hold exactly one result.'
  if (call === undefined) return `is the result of '${part.toolName}', but no tool call before it waits for a result.`
  if (part.toolCallId === call.toolCallId) return undefined
  return `is the result of the call '${part.toolCallId}', but '${call.toolCallId}' comes first: results must be in call order.`
}

/** True for an assistant message that providers refuse because it has neither text nor tool calls. */
export function isEmpty({ content }: AssistantMessage): boolean {
  if (typeof content === 'string') return content === ''
  return !content.some((part) => part.type === 'tool-call' || (part.type === 'text' && part.text !== ''))
}
