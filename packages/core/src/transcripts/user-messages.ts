import { AgentError } from '../contract/errors.ts'
import { type UserMessage, type UserPart, user } from '../contract/messages.ts'
import { findUnknownNames } from '../contract/options.ts'
import { shapeProblem } from './check.ts'

/**
 * Reads what a client sent as messages of its user, such as the body of a request to your server. Only texts and images of the user are taken: an
 * answer of the model, a result of a tool, a system message or a label that came from a client could have been made up, and would be believed.
 * Keep the rest of the conversation where only your server can write, and put these messages behind it.
 *
 * @param given - A text, one message, or a list of messages, as parsed from JSON.
 * @returns New messages with nothing but their content.
 * @throws {AgentError} `invalid-messages` for anything else, with its position.
 */
export function userMessagesOf(given: unknown): readonly UserMessage[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) refuse('The list is empty.')
  return list.map((message, index) => (typeof message === 'string' ? user(message) : readMessage(message, `messages[${index}]`)))
}

function readMessage(message: unknown, position: string): UserMessage {
  const problem = shapeProblem(message)
  if (problem !== undefined) refuse(`${position} ${problem}`)
  // It has the shape of a message.
  const { role, content } = message as UserMessage
  if (role !== 'user') refuse(`${position} has the role '${role}', and a client may only send messages with the role 'user'.`)
  refuseOthers(message, ['role', 'content'], position)
  return user(typeof content === 'string' ? content : content.map((part, index) => readPart(part, `${position}.content[${index}]`)))
}

function readPart(part: UserPart, position: string): UserPart {
  refuseOthers(part, ['type', part.type === 'text' ? 'text' : 'url'], position)
  return { ...part }
}

function refuseOthers(given: unknown, names: readonly string[], position: string): void {
  const problem = findUnknownNames(given, { names, what: 'what a client may send', path: `${position}.` })
  if (problem !== undefined) refuse(problem)
}

function refuse(problem: string): never {
  throw new AgentError(`The messages of the client are refused: ${problem}`, { code: 'invalid-messages' })
}
