import { AgentError, type Message, type ModelRequest, repairMessages, type ToolDefinition, toolCallsOf } from '@capstan/core'
import { encodeMessage, type MessageRules } from './encode-message.ts'
import type { EncodeMode } from './encode-mode.ts'
import { jsonString } from './json-text.ts'
import { type BodyHead, GrowingBody, type RequestBody } from './request-body.ts'
import { createNameMap, type NameMap } from './tool-names.ts'

/** Serialises the messages of requests behind a head. Each is serialised once and kept as long as it lives. */
export type MessagesEncoder = (head: BodyHead, request: ModelRequest, mode: EncodeMode) => RequestBody

interface KeptText {
  readonly text: string
  /** What of the text depends on other messages and on the tools: ids and changed names. */
  readonly key: string
}

/** What was serialised of one list of messages, which grows from step to step. */
interface Conversation {
  /** The part of the mode that decides about the text. */
  readonly key: string
  readonly seen: Message[]
  readonly idsOf: IdWriter
  readonly body: GrowingBody
  /** False while messages are being added, and for good when that fails or the last message is partial. */
  isWhole: boolean
}

/** Creates the encoder of the messages of one model. */
export function createMessagesEncoder({ model, profile }: Pick<MessageRules, 'model' | 'profile'>): MessagesEncoder {
  const kept = new Map<string, WeakMap<Message, KeptText>>()
  const conversations = new WeakMap<readonly Message[], Conversation>()
  const keyOf = createModeKey()
  const namesOf = createNames(profile)

  const textsFor = (key: string): WeakMap<Message, KeptText> => {
    let texts = kept.get(key)
    if (texts === undefined) {
      texts = new WeakMap()
      kept.set(key, texts)
    }
    return texts
  }

  const encodeOnce = (message: Message, { isLast, ids, mode, key, nameOf }: Encoding): string | undefined => {
    const rules = { model, profile, mode, nameOf }
    // The flag counts only at the end, so such a message has two texts and is not kept.
    if (isLast && isPartial(message)) return encodeMessage(message, rules, { isLast, ids })
    const texts = textsFor(key)
    const ownKey = [...(ids ?? []), ...changedNames(message, nameOf)].join('\n')
    const before = texts.get(message)
    if (before?.key === ownKey) return before.text
    const text = encodeMessage(message, rules, { isLast, ids })
    if (text !== undefined) texts.set(message, { text, key: ownKey })
    return text
  }

  const conversationOf = (messages: readonly Message[], mode: EncodeMode, nameOf: NameMap): Conversation => {
    const key = keyOf(mode)
    const known = conversations.get(messages)
    if (known?.isWhole === true && known.key === key && isBeginning(known.seen, messages)) return known
    const conversation: Conversation = { key, seen: [], idsOf: createIdWriter(mode, nameOf), body: new GrowingBody(), isWhole: false }
    conversations.set(messages, conversation)
    return conversation
  }

  const encodeFurther = (
    { key, seen, idsOf }: Conversation,
    messages: readonly Message[],
    { mode, nameOf }: Pick<Encoding, 'mode' | 'nameOf'>,
  ): readonly string[] => {
    const added: string[] = []
    for (let index = seen.length; index < messages.length; index++) {
      const message = messages[index]
      if (message === undefined) continue
      const text = encodeOnce(message, { isLast: index === messages.length - 1, ids: idsOf(message), mode, key, nameOf })
      seen.push(message)
      if (text !== undefined) added.push(text)
    }
    return added
  }

  return (head, { messages: given, tools }, mode) => {
    const messages = mode.repairHistory ? repairMessages(given).messages : given
    const nameOf = namesOf(tools)
    const conversation = conversationOf(messages, mode, nameOf)
    conversation.isWhole = false
    const added = encodeFurther(conversation, messages, { mode, nameOf })
    if (added.length === 0 && conversation.body.isEmpty && head.first === '') {
      throw new AgentError(`There is no message to send to ${model}. Give at least one.`, { code: 'invalid-messages' })
    }
    const body = conversation.body.write(head, added)
    conversation.isWhole = !isPartial(messages.at(-1))
    return body
  }
}

/** The mapping of names for a set of tools. Requests of one model nearly always have the tools of the one before. */
function createNames({ tools: { names } }: MessageRules['profile']): (tools: readonly ToolDefinition[] | undefined) => NameMap {
  let last: readonly ToolDefinition[] | undefined
  let map = createNameMap(names, new Set())
  return (tools) => {
    if (tools !== last) {
      map = createNameMap(names, new Set(tools?.map(({ name }) => name)))
      last = tools
    }
    return map
  }
}

function changedNames(message: Message, nameOf: NameMap): readonly string[] {
  if (message.role !== 'assistant' || typeof message.content === 'string') return []
  return message.content.flatMap((part) => (part.type === 'tool-call' && nameOf(part.toolName) !== part.toolName ? [nameOf(part.toolName)] : []))
}

/** The system message of instructions, as JSON text; empty for none. */
export function encodeInstructions(instructions: string): string {
  return instructions === '' ? '' : `{"role":"system","content":${jsonString(instructions)}}`
}

/** How one message is serialised. */
interface Encoding {
  readonly isLast: boolean
  readonly ids: readonly string[] | undefined
  readonly mode: EncodeMode
  readonly key: string
  readonly nameOf: NameMap
}

/** The part of a mode that decides about the text of messages. Requests of one model nearly always have the mode of the one before. */
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

/** Gives the ids of the calls of a message, or of its result; `undefined` where they are sent as they are stored. Called in message order. */
type IdWriter = (message: Message) => readonly string[] | undefined

/**
 * Kimi's ids are `functions.NAME:IDX`, counted through the conversation: a model that sees other ids in its history writes malformed
 * ones. Calls and results belong together by position.
 *
 * @see https://github.com/MoonshotAI/K2-Vendor-Verifier
 */
function createIdWriter({ callIds }: EncodeMode, nameOf: NameMap): IdWriter {
  if (callIds === 'verbatim') return () => undefined
  let count = 0
  let unanswered: string[] = []
  return (message) => {
    if (message.role === 'tool') {
      const id = unanswered.shift()
      return id === undefined ? undefined : [id]
    }
    unanswered = []
    if (message.role !== 'assistant') return undefined
    const ids = toolCallsOf(message).map((call) => (callIds === 'kimi' ? `functions.${nameOf(call.toolName)}:${count++}` : safeId(call.toolCallId)))
    unanswered = [...ids]
    return ids.length === 0 ? undefined : ids
  }
}

function safeId(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
}
