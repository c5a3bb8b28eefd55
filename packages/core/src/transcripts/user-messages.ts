import { AgentError } from '../contract/errors.ts'
import { isJsonObject } from '../contract/json.ts'
import { type UserMessage, type UserPart, user } from '../contract/messages.ts'

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
  if (list.length === 0) throw refused('The list is empty.')
  return list.map((message, index) => (typeof message === 'string' ? user(message) : readMessage(message, `messages[${index}]`)))
}

function readMessage(message: unknown, position: string): UserMessage {
  if (!isJsonObject(message)) throw refused(`${position} is neither a text nor a message.`)
  const { role, content, ...others }: Readonly<Record<string, unknown>> = message
  if (role !== 'user')
    throw refused(`${position} has the role ${JSON.stringify(role) ?? 'undefined'}, and a client may send only messages with the role "user".`)
  refuseOthers(others, position)
  if (typeof content === 'string') return user(content)
  if (!Array.isArray(content) || content.length === 0) throw refused(`${position} has neither a text nor a list of parts as content.`)
  return user(content.map((part, index) => readPart(part, `${position}.content[${index}]`)))
}

function readPart(part: unknown, position: string): UserPart {
  if (!isJsonObject(part)) throw refused(`${position} is not a part.`)
  const { type, text, url, ...others }: Readonly<Record<string, unknown>> = part
  refuseOthers(others, position)
  if (type === 'text' && typeof text === 'string' && url === undefined) return { type, text }
  if (type === 'image' && typeof url === 'string' && text === undefined) return { type, url }
  throw refused(`${position} is neither { type: "text", text } nor { type: "image", url }.`)
}

function refuseOthers(others: object, position: string): void {
  const [name] = Object.keys(others)
  if (name !== undefined) throw refused(`${position} has '${name.slice(0, 100)}', which a client may not send.`)
}

function refused(problem: string): AgentError {
  return new AgentError(`The messages of the client are refused: ${problem}`, { code: 'invalid-messages' })
}
