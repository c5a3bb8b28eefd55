import { asArray, type Json, type JsonObject, parseJson } from '../json.ts'
import { cutAt, isBytes } from '../wire/places.ts'
import { type BytesAction, eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'
import type { FaultOf, Framing, OddEvent } from './fault.ts'
import type { FaultDefinition } from './fault-definition.ts'
import { insertInTheMiddle, rewriteContents, withDelta } from './rewrite.ts'

/** Faults of single frames: bytes that are no text, forms that are rare, events that hold something odd. */
export const frameFaults: {
  readonly 'invalid-utf8': FaultDefinition<FaultOf<'invalid-utf8'>>
  readonly framing: FaultDefinition<FaultOf<'framing'>>
  readonly 'control-characters': FaultDefinition<FaultOf<'control-characters'>>
  readonly 'odd-event': FaultDefinition<FaultOf<'odd-event'>>
  readonly 'choice-index': FaultDefinition<FaultOf<'choice-index'>>
  readonly 'reasoning-field': FaultDefinition<FaultOf<'reasoning-field'>>
  readonly 'long-text': FaultDefinition<FaultOf<'long-text'>>
} = {
  'invalid-utf8': {
    description: 'A text with bytes that are no UTF-8 (lone, overlong), an escaped lone surrogate, or a body that ends inside a character (truncated).',
    example: 'invalid-utf8:lone',
    options: { of: ['lone', 'overlong', 'truncated', 'surrogate'] },
    required: ['of'],
    onWire: invalidUtf8,
  },
  framing: {
    description: 'The same events in a form that the standard allows: no-space, multi-line, mixed-endings, fields, no-last-break.',
    example: 'framing:multi-line',
    options: { as: ['no-space', 'multi-line', 'mixed-endings', 'fields', 'no-last-break'] },
    required: ['as'],
    onWire: reframe,
  },
  'control-characters': {
    description: 'A text with NUL and other control characters: raw (no JSON) or escaped.',
    example: 'control-characters:raw',
    options: { as: ['raw', 'escaped'] },
    required: ['as'],
    onWire: (transmission, fault) => insertInTheMiddle(transmission, (like) => [controlEvent(like, fault.as === 'raw')]),
  },
  'odd-event': {
    description:
      'One more event: empty-choices, no-choices, no-delta, null-delta, null-content, number-content, array-content, object-content, choices-object.',
    example: 'odd-event:empty-choices',
    options: {
      as: ['empty-choices', 'no-choices', 'no-delta', 'null-delta', 'null-content', 'number-content', 'array-content', 'object-content', 'choices-object'],
    },
    required: ['as'],
    onWire: (transmission, fault) => insertInTheMiddle(transmission, (like) => [eventAction(oddEvents[fault.as](like))]),
  },
  'choice-index': {
    description: 'One more event with text for the choice with this index.',
    example: 'choice-index:1',
    options: { value: 'text' },
    required: ['value'],
    onWire: (transmission, fault) =>
      insertInTheMiddle(transmission, (like) => [eventAction(withDelta(like, { content: ' stray' }, { index: parseJson(fault.value) ?? fault.value }))]),
  },
  'reasoning-field': {
    description: 'Reasoning comes in another field (reasoning, reasoning_text), in both, or as think-tags in the text.',
    example: 'reasoning-field:reasoning',
    options: { as: ['reasoning', 'reasoning_text', 'both', 'think-tags'] },
    required: ['as'],
    onWire: (transmission, { as }) => (as === 'think-tags' ? thinkTags(transmission) : rewriteContents(transmission, (content) => moved(content, as))),
  },
  'long-text': {
    description: 'So many more bytes of text, in events of 16 KiB of it (or eventBytes).',
    example: 'long-text:1000000',
    options: { bytes: 'number', eventBytes: 'number' },
    required: ['bytes'],
    onWire: (transmission, fault) => insertInTheMiddle(transmission, (like) => [longText(like, fault)]),
  },
}

const invalidBytes = { lone: [0xff], overlong: [0xc0, 0xaf] } as const

function invalidUtf8(transmission: Transmission, { of }: FaultOf<'invalid-utf8'>): Transmission {
  if (of === 'truncated') {
    const { before } = cutAt(
      insertInTheMiddle(transmission, (like) => [eventAction(withDelta(like, { content: 'é' }))]),
      'mid-stream',
    )
    const half = Buffer.concat([Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"'), Buffer.from([0xf0, 0x9f])])
    return { ...transmission, actions: [...before, { type: 'bytes', role: 'event', bytes: half }, { type: 'end' }] }
  }
  const marker = '@@'
  return insertInTheMiddle(transmission, (like) => {
    const event = eventAction(withDelta(like, { content: ` odd ${marker} text` }))
    const replacement = of === 'surrogate' ? Buffer.from('\\ud800') : Buffer.from(invalidBytes[of])
    return [{ ...event, bytes: replaceBytes(event.bytes, marker, replacement) }]
  })
}

function replaceBytes(bytes: Uint8Array, marker: string, replacement: Uint8Array): Buffer {
  const at = Buffer.from(bytes).indexOf(marker)
  return Buffer.concat([bytes.subarray(0, at), replacement, bytes.subarray(at + marker.length)])
}

function controlEvent(like: JsonObject, isRaw: boolean): BytesAction {
  const marker = '@@'
  const event = eventAction(withDelta(like, { content: isRaw ? ` a${marker}b` : ' a\u0000\u0007\u001bb' }))
  return isRaw ? { ...event, bytes: replaceBytes(event.bytes, marker, Buffer.from([0x00, 0x07, 0x1b])) } : event
}

const oddEvents: { readonly [As in OddEvent]: (like: JsonObject) => Json } = {
  'empty-choices': (like) => ({ ...like, choices: [] }),
  'no-choices': ({ choices: _, ...rest }) => rest,
  'no-delta': (like) => withDelta(like, undefined),
  'null-delta': (like) => withDelta(like, null),
  'null-content': (like) => withDelta(like, { role: null, content: null, reasoning_content: null, tool_calls: null }),
  'number-content': (like) => withDelta(like, { content: 7 }),
  'array-content': (like) => withDelta(like, { content: [{ type: 'text', text: ' and' }] }),
  'object-content': (like) => withDelta(like, { content: { text: ' and' } }),
  'choices-object': (like) => ({ ...like, choices: { 0: asArray(like['choices'])[0] } }),
}

function reframe(transmission: Transmission, { as }: FaultOf<'framing'>): Transmission {
  const last = transmission.actions.findLastIndex(isBytes)
  let count = 0
  const actions = transmission.actions.map((action, index): WireAction => {
    if (!isBytes(action) || (action.role !== 'event' && action.role !== 'done')) return action
    count += 1
    const text = framings[as](Buffer.from(action.bytes).toString('utf8'), { payload: action.payload, count, isLast: index === last })
    return { ...action, bytes: Buffer.from(text) }
  })
  return { ...transmission, actions }
}

interface FrameView {
  readonly payload: Json | undefined
  /** From 1. */
  readonly count: number
  readonly isLast: boolean
}

const endings = ['\n', '\r\n', '\r'] as const

const framings: { readonly [As in Framing]: (text: string, view: FrameView) => string } = {
  'no-space': (text) => text.replace(/^data: /gm, 'data:'),
  'multi-line': (text, { payload }) =>
    payload === undefined
      ? text
      : `${JSON.stringify(payload, undefined, 1)
          .split('\n')
          .map((line) => `data: ${line}\n`)
          .join('')}\n`,
  'mixed-endings': (text, { count }) => text.replaceAll('\n', endings[count % endings.length] ?? '\n'),
  fields: (text, { count }) => `id: ${count}\u0000\nretry: 10\nunknown: field\n: comment\ndata\n\nevent\nid: ${count}\n${text}`,
  'no-last-break': (text, { isLast }) => (isLast ? text.trimEnd() : text),
}

function moved(content: JsonObject, as: 'reasoning' | 'reasoning_text' | 'both'): JsonObject {
  const { reasoning_content: reasoning, ...rest } = content
  if (reasoning === undefined) return content
  return as === 'both' ? { ...content, reasoning } : { ...rest, [as]: reasoning }
}

/** Reasoning as text between tags, as servers send it that do not take it out. */
function thinkTags(transmission: Transmission): Transmission {
  let state: 'before' | 'inside' | 'after' = 'before'
  return rewriteContents(transmission, (content) => {
    const { reasoning_content: reasoning, content: text, ...rest } = content
    if (typeof reasoning === 'string' && reasoning !== '') {
      const open = state === 'before' ? '<think>' : ''
      state = 'inside'
      return { ...rest, content: `${open}${reasoning}${typeof text === 'string' && text !== '' ? `</think>${text}` : ''}` }
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
