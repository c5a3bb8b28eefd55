import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { badRequest } from '../http/refusal.ts'
import { isSessionName } from '../runs/run-ids.ts'

/** What of a posted chat counts. */
export type ChatRequest = { readonly chatId: string } & (
  | {
      readonly type: 'message'
      readonly text: string
      /** The page's id of the message: posted twice, it begins one run. */
      readonly messageId: string | undefined
      /** True when the page asks for another answer to a message that it has sent. */
      readonly isRetry: boolean
    }
  /** By the id of the question. `isRepeated`: taken from the parts of a message, which keep the answers that were sent before. */
  | { readonly type: 'answers'; readonly answers: JsonObject; readonly isRepeated: boolean }
)

/**
 * Reads the body that `DefaultChatTransport` posts. Only the newest text of the user counts, or the answers to questions: the conversation is on
 * the server, so messages of the assistant, of tools and of the system, and all older ones, are not looked at, whatever they say.
 *
 * @throws {Refusal} 400, which names the field.
 */
export function readChatRequest(body: unknown): ChatRequest {
  if (!isJsonObject(body)) throw badRequest('The body must be an object: { "id": "<id of the chat>", "messages": […] }, as DefaultChatTransport posts it.')
  const chatId = readChatId(body['id'])
  if (body['answers'] !== undefined) return { type: 'answers', chatId, answers: readObject(body['answers']), isRepeated: false }
  const { messages, trigger } = body
  if (!Array.isArray(messages) || messages.length === 0) throw badRequest('`messages` must be a list with at least one message.')
  const isRetry = trigger === 'regenerate-message'
  const last: unknown = isRetry ? messages.findLast((message) => isJsonObject(message) && message['role'] === 'user') : messages.at(-1)
  if (!isJsonObject(last)) throw badRequest('The last of `messages` must be a message of the user, or the one whose questions were answered.')
  if (last['role'] === 'user') return { type: 'message', chatId, ...readUserMessage(last), isRetry }
  return { type: 'answers', chatId, answers: approvalsIn(last), isRepeated: true }
}

/** @throws {Refusal} 400 for a text that cannot name a chat. */
export function readChatId(id: unknown): string {
  if (typeof id === 'string' && isSessionName(id)) return id
  throw badRequest('`id` must be the id of the chat: 1 to 100 characters of `A-Z a-z 0-9 _ . : @ -`.')
}

function readUserMessage({ id, parts }: JsonObject): { readonly text: string; readonly messageId: string | undefined } {
  if (!Array.isArray(parts)) throw badRequest('`parts` of the last message must be a list.')
  const other = parts.find((part) => !isJsonObject(part) || part['type'] !== 'text')
  // A file that the model never sees must not look as if it had been sent.
  if (other !== undefined) throw badRequest('A message of the user may have text only: files and other parts are not supported.')
  const text = parts.map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
  if (text.trim() === '') throw badRequest('The last message has no text.')
  return { text, messageId: typeof id === 'string' && id !== '' ? id.slice(0, 200) : undefined }
}

/** The answers that a person gave in a message, each by the id of its question, which names run, call and input on the server. */
function approvalsIn({ parts }: JsonObject): JsonObject {
  const answers = (Array.isArray(parts) ? parts : []).flatMap((part): readonly (readonly [string, Json])[] => {
    if (!isJsonObject(part) || part['state'] !== 'approval-responded' || !isJsonObject(part['approval'])) return []
    const { id, approved, reason } = part['approval']
    if (typeof id !== 'string' || typeof approved !== 'boolean') return []
    if (approved) return [[id, { approve: true }]]
    return [[id, { approve: false, ...(typeof reason === 'string' && reason !== '' && { reason }) }]]
  })
  if (answers.length === 0) {
    throw badRequest(
      'The last message has neither new text of the user nor an answer to a question, so there is nothing to do. Set `sendAutomaticallyWhen` for approvals only.',
    )
  }
  return Object.fromEntries(answers)
}

function readObject(value: Json): JsonObject {
  if (isJsonObject(value)) return value
  throw badRequest('`answers` must be an object: { "<id of the question>": { "approve": true } }.')
}
