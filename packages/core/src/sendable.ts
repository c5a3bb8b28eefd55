import { AgentError } from './errors.ts'
import { type AssistantMessage, type Message, type ToolCallPart, toolCallsOf } from './messages.ts'

/**
 * Checks that messages can be sent: at least one, known roles, no empty assistant message, and each message with tool calls
 * followed by the results of exactly these calls, in call order.
 *
 * @throws {AgentError} `invalid-messages`, naming the position and what is wrong there.
 */
export function checkMessages(messages: readonly Message[]): void {
  const problem = findProblem(messages)
  if (problem === undefined) return
  throw new AgentError(`The messages cannot be sent: ${problem}`, { code: 'invalid-messages' })
}

/** The first thing that a provider would refuse, or `undefined`. */
export function findProblem(messages: readonly Message[]): string | undefined {
  if (!Array.isArray(messages) || messages.length === 0) return 'there is none. Give at least one message.'
  let open: readonly ToolCallPart[] = []
  for (const [index, message] of messages.entries()) {
    const problem = problemOf(message, open)
    if (problem !== undefined) return `messages[${index}] ${problem}`
    if (message.role === 'tool') open = open.slice(1)
    else open = message.role === 'assistant' ? toolCallsOf(message) : []
  }
  return open.length === 0 ? undefined : `the last message has ${open.length} tool calls without results.`
}

function problemOf(message: Message, open: readonly ToolCallPart[]): string | undefined {
  const call = open[0]
  switch (message.role) {
    case 'tool':
      return toolProblem(message, call)
    case 'system':
    case 'user':
    case 'assistant':
      if (call !== undefined) return `must be the result of the tool call '${call.toolName}': ${open.length} calls are not answered.`
      return message.role === 'assistant' ? assistantProblem(message) : contentProblem(message.content)
    default:
      return `has the role ${JSON.stringify((message as { role?: unknown }).role)}. The roles are system, user, assistant and tool.`
  }
}

function toolProblem({ content }: Extract<Message, { role: 'tool' }>, call: ToolCallPart | undefined): string | undefined {
  const part = content?.[0]
  if (part?.type !== 'tool-result' || content.length !== 1) return 'must hold exactly one part of type tool-result.'
  if (call === undefined) return `is the result of '${part.toolName}', but no tool call is open there.`
  return part.toolCallId === call.toolCallId
    ? undefined
    : `answers the call '${part.toolCallId}', but '${call.toolCallId}' comes first: results stand in call order.`
}

function assistantProblem({ content }: AssistantMessage): string | undefined {
  if (typeof content === 'string') return content === '' ? 'is an empty assistant message.' : undefined
  if (!Array.isArray(content)) return 'has a content that is neither text nor a list of parts.'
  const isFilled = content.some((part) => part.type === 'tool-call' || (part.type === 'text' && part.text !== ''))
  return isFilled ? undefined : 'is an assistant message with neither text nor tool calls.'
}

function contentProblem(content: unknown): string | undefined {
  return typeof content === 'string' || (Array.isArray(content) && content.length > 0) ? undefined : 'has a content that is neither text nor a list of parts.'
}
