import { AgentError, type Message, type ModelRequest, repairMessages, toolCallsOf } from '@capstan/core'
import { encodeMessage, type MessageRules, wireName } from './encode-message.ts'
import type { EncodeMode } from './encode-mode.ts'
import { jsonString } from './json-text.ts'
import { type BodyHead, GrowingBody, type RequestBody } from './request-body.ts'

/** Words the messages of requests behind a head. Each is serialised once and kept as long as it lives. */
export type MessagesEncoder = (head: BodyHead, request: ModelRequest, mode: EncodeMode) => RequestBody

interface KeptText {
  readonly text: string
  /** The ids that were sent: they can depend on what stands before. */
  readonly ids: string
}

/** What was worded of one list of messages, which grows from step to step. */
interface Conversation {
  /** What of the mode decides about the words. */
  readonly key: string
  readonly seen: Message[]
  readonly idsOf: IdWriter
  readonly body: GrowingBody
  /** False while it is being worded, and for good when that fails or the last message is partial. */
  isWhole: boolean
}

/** Makes the encoder of the messages of one model. */
export function createMessagesEncoder({ model, profile }: Omit<MessageRules, 'mode'>): MessagesEncoder {
  const kept = new Map<string, WeakMap<Message, KeptText>>()
  const conversations = new WeakMap<readonly Message[], Conversation>()
  const keyOf = createModeKey()

  const textsFor = (key: string): WeakMap<Message, KeptText> => {
    let texts = kept.get(key)
    if (texts === undefined) {
      texts = new WeakMap()
      kept.set(key, texts)
    }
    return texts
  }

  const wordMessage = (message: Message, { isLast, ids, mode, key }: Wording): string | undefined => {
    // The flag counts only at the end, so such a message has two texts and is not kept.
    if (isLast && isPartial(message)) return encodeMessage(message, { model, profile, mode }, { isLast, ids })
    const texts = textsFor(key)
    const idKey = ids === undefined ? '' : ids.join('\n')
    const before = texts.get(message)
    if (before?.ids === idKey) return before.text
    const text = encodeMessage(message, { model, profile, mode }, { isLast, ids })
    if (text !== undefined) texts.set(message, { text, ids: idKey })
    return text
  }

  const conversationOf = (messages: readonly Message[], mode: EncodeMode): Conversation => {
    const key = keyOf(mode)
    const known = conversations.get(messages)
    if (known?.isWhole === true && known.key === key && isBeginning(known.seen, messages)) return known
    const conversation: Conversation = { key, seen: [], idsOf: createIdWriter(mode), body: new GrowingBody(), isWhole: false }
    conversations.set(messages, conversation)
    return conversation
  }

  const wordFurther = ({ key, seen, idsOf }: Conversation, messages: readonly Message[], mode: EncodeMode): readonly string[] => {
    const added: string[] = []
    for (let index = seen.length; index < messages.length; index++) {
      const message = messages[index]
      if (message === undefined) continue
      const text = wordMessage(message, { isLast: index === messages.length - 1, ids: idsOf(message), mode, key })
      seen.push(message)
      if (text !== undefined) added.push(text)
    }
    return added
  }

  return (head, { messages: given }, mode) => {
    const messages = mode.repairHistory ? repairMessages(given).messages : given
    const conversation = conversationOf(messages, mode)
    conversation.isWhole = false
    const added = wordFurther(conversation, messages, mode)
    if (added.length === 0 && conversation.body.isEmpty && head.first === '') {
      throw new AgentError(`There is no message to send to ${model}. Give at least one.`, { code: 'invalid-messages' })
    }
    const body = conversation.body.write(head, added)
    conversation.isWhole = !isPartial(messages.at(-1))
    return body
  }
}

/** The system message of instructions, as JSON text; empty for none. */
export function encodeInstructions(instructions: string): string {
  return instructions === '' ? '' : `{"role":"system","content":${jsonString(instructions)}}`
}

/** How one message is worded. */
interface Wording {
  readonly isLast: boolean
  readonly ids: readonly string[] | undefined
  readonly mode: EncodeMode
  readonly key: string
}

/** What of a mode decides about the words of messages. Requests of one model nearly always have the mode of the one before. */
function createModeKey(): (mode: EncodeMode) => string {
  let last: EncodeMode | undefined
  let key = ''
  return (mode) => {
    if (mode !== last) {
      const { passBack, emptyContent, callIds, callInputs, dropBlank } = mode
      key = JSON.stringify([passBack, emptyContent, callIds, callInputs, dropBlank])
      last = mode
    }
    return key
  }
}

function isBeginning(beginning: readonly Message[], messages: readonly Message[]): boolean {
  if (beginning.length > messages.length) return false
  for (let index = 0; index < beginning.length; index++) if (beginning[index] !== messages[index]) return false
  return true
}

function isPartial(message: Message | undefined): boolean {
  return message?.role === 'assistant' && message.partial === true
}

/** The ids of the calls of a message, or of its result, in message order; `undefined` where they are sent as they are stored. */
type IdWriter = (message: Message) => readonly string[] | undefined

/**
 * Kimi's ids are `functions.NAME:IDX`, counted through the conversation: a model that sees others in its history writes malformed
 * ones. Calls and results belong together by position.
 *
 * @see https://github.com/MoonshotAI/K2-Vendor-Verifier
 */
function createIdWriter({ callIds }: EncodeMode): IdWriter {
  if (callIds === 'verbatim') return () => undefined
  let count = 0
  let open: string[] = []
  return (message) => {
    if (message.role === 'tool') {
      const id = open.shift()
      return id === undefined ? undefined : [id]
    }
    open = []
    if (message.role !== 'assistant') return undefined
    const ids = toolCallsOf(message).map((call) => (callIds === 'kimi' ? `functions.${wireName(call)}:${count++}` : safeId(call.toolCallId)))
    open = [...ids]
    return ids.length === 0 ? undefined : ids
  }
}

function safeId(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
}
