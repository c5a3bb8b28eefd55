import { asArray, asObject, type Json, type JsonObject } from '../json.ts'
import { isEvent } from '../wire/positions.ts'
import { type BytesAction, eventAction, type Transmission } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultDefinitions } from './fault-definition.ts'
import { insertInTheMiddle, rewriteContents, rewritePayloads, withDelta } from './rewrite.ts'

/** Faults of text and reasoning. */
export const contentFaults: FaultDefinitions<'reasoning-field' | 'long-text' | 'surrogate-halves'> = {
  'reasoning-field': {
    description: 'Reasoning is sent in another field, in both, or in the text between `<think>` tags.',
    example: 'reasoning-field:reasoning',
    options: { as: ['reasoning', 'reasoning_text', 'both', 'think-tags'] },
    required: ['as'],
    onWire: (transmission, { as }) => (as === 'think-tags' ? thinkTags(transmission) : rewriteContents(transmission, (content) => moved(content, as))),
  },
  'long-text': {
    description: 'This many more bytes of text, in events with 16 KiB of text (or eventBytes).',
    example: 'long-text:1000000',
    options: { bytes: 'number', eventBytes: 'number' },
    required: ['bytes'],
    onWire: (transmission, fault) => insertInTheMiddle(transmission, (like) => [longText(like, fault)]),
  },
  'surrogate-halves': {
    description: 'A character such as an emoji is divided between two events, as two JSON escapes. One is added to the text where the stream has none.',
    example: 'surrogate-halves',
    options: {},
    onWire: divideCharacters,
  },
}

function moved(content: JsonObject, as: 'reasoning' | 'reasoning_text' | 'both'): JsonObject {
  const { reasoning_content: reasoning, ...rest } = content
  if (reasoning === undefined) return content
  return as === 'both' ? { ...content, reasoning } : { ...rest, [as]: reasoning }
}

/** Reasoning as text between tags: what servers without a reasoning parser send. */
function thinkTags(transmission: Transmission): Transmission {
  let state: 'before' | 'inside' | 'after' = 'before'
  return rewriteContents(transmission, (content) => {
    const { reasoning_content: reasoning, content: text, ...rest } = content
    if (typeof reasoning === 'string' && reasoning !== '') {
      const tag = state === 'before' ? '<think>' : ''
      state = 'inside'
      return { ...rest, content: `${tag}${reasoning}${typeof text === 'string' && text !== '' ? `</think>${text}` : ''}` }
    }
    if (state !== 'inside' || typeof text !== 'string' || text === '') return { ...rest, content: text }
    state = 'after'
    return { ...rest, content: `</think>${text}` }
  })
}

const writtenAtOnce = 16 * 1024

function longText(like: JsonObject, { bytes, eventBytes = writtenAtOnce }: FaultOf<'long-text'>): BytesAction {
  const size = Math.max(1, Math.min(bytes, eventBytes))
  const event = eventAction(withDelta(like, { content: 'x'.repeat(size) })).bytes
  const together = Math.max(1, Math.floor(writtenAtOnce / event.length))
  // Repeated bytes are held once, however long the text is.
  return { type: 'bytes', role: 'event', bytes: Buffer.concat(Array.from({ length: together }, () => event)), times: Math.ceil(bytes / size / together) }
}

/** The UTF-16 code unit after which the first character of two units is divided. */
const firstHalf = /[\ud800-\udbff](?=[\udc00-\udfff])/

function divideCharacters(transmission: Transmission): Transmission {
  const divided = rewritePayloads(transmission, (payload) => (payload['choices'] === undefined ? payload : divideDelta(payload)))
  if (divided.actions.length > transmission.actions.length || !transmission.actions.some(isEvent)) return divided
  return insertInTheMiddle(transmission, (like) => [' \ud83d', '\ude00'].map((half) => eventAction(withDelta(like, { content: half }))))
}

/** The payload as several events, divided inside each character of two UTF-16 code units. */
function divideDelta(payload: JsonObject): readonly JsonObject[] {
  const delta = asObject(asObject(asArray(payload['choices'])[0])['delta'])
  for (const { text, part } of textsOf(delta)) {
    const index = text.search(firstHalf) + 1
    if (index > 0) {
      return [withDelta(payload, { ...delta, ...part(text.slice(0, index)) }), ...divideDelta(withDelta(payload, part(text.slice(index))))]
    }
  }
  return [payload]
}

interface DeltaText {
  readonly text: string
  /** A delta with another text in the same field. */
  readonly part: (text: string) => JsonObject
}

function textsOf(delta: JsonObject): readonly DeltaText[] {
  const [call] = asArray(delta['tool_calls']).map(asObject)
  const { arguments: input } = asObject(call?.['function'])
  const contents = ['content', 'reasoning_content', 'reasoning', 'refusal'].flatMap((name) => toText(delta[name], (text) => ({ [name]: text })))
  const index = call?.['index']
  return [...contents, ...toText(input, (text) => ({ tool_calls: [{ ...(index !== undefined && { index }), function: { arguments: text } }] }))]
}

function toText(value: Json | undefined, part: (text: string) => JsonObject): readonly DeltaText[] {
  return typeof value === 'string' ? [{ text: value, part }] : []
}
