import { AgentError, type Message, type ModelRequest, repairMessages, toolCallsOf } from '@capstan/core'
import { encodeMessage, type MessageRules, wireName } from './encode-message.ts'
import type { EncodeMode } from './encode-mode.ts'
import { jsonString } from './json-text.ts'

/** Words the messages of requests. Each is serialised once and kept as long as it lives. */
export type MessagesEncoder = (request: ModelRequest, mode: EncodeMode) => string

interface KeptText {
  readonly text: string
  /** The ids that were sent: they can depend on what stands before. */
  readonly ids: string
}

/** Makes the encoder of the messages of one model. */
export function createMessagesEncoder({ model, profile }: Omit<MessageRules, 'mode'>): MessagesEncoder {
  const kept = new Map<string, WeakMap<Message, KeptText>>()
  let system = { instructions: '', text: '' }

  const textsFor = ({ passBack, emptyContent, callIds, callInputs, dropBlank }: EncodeMode): WeakMap<Message, KeptText> => {
    const key = JSON.stringify([passBack, emptyContent, callIds, callInputs, dropBlank])
    let texts = kept.get(key)
    if (texts === undefined) {
      texts = new WeakMap()
      kept.set(key, texts)
    }
    return texts
  }

  const systemText = (instructions: string): string => {
    if (system.instructions !== instructions) system = { instructions, text: `{"role":"system","content":${jsonString(instructions)}}` }
    return system.text
  }

  return ({ instructions = '', messages: given }, mode) => {
    const messages = mode.repairHistory ? repairMessages(given).messages : given
    const cache = textsFor(mode)
    const idsOf = createIdWriter(mode)
    const texts = instructions === '' ? [] : [systemText(instructions)]
    const wordOne = (message: Message, isLast: boolean): string | undefined => {
      const ids = idsOf(message)
      const place = { isLast, ids }
      // The flag counts only at the end, so such a message has two texts and is not kept.
      if (isLast && message.role === 'assistant' && message.partial === true) return encodeMessage(message, { model, profile, mode }, place)
      const idKey = ids === undefined ? '' : ids.join('\n')
      const before = cache.get(message)
      if (before?.ids === idKey) return before.text
      const text = encodeMessage(message, { model, profile, mode }, place)
      if (text !== undefined) cache.set(message, { text, ids: idKey })
      return text
    }
    for (const [index, message] of messages.entries()) {
      const text = wordOne(message, index === messages.length - 1)
      if (text !== undefined) texts.push(text)
    }
    if (texts.length === 0) throw new AgentError(`There is no message to send to ${model}. Give at least one.`, { code: 'invalid-messages' })
    return texts.join(',')
  }
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
