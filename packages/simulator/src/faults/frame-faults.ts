import { asArray, type Json, type JsonObject, jsonOrText } from '../json.ts'
import { cutAt, isBytes } from '../wire/positions.ts'
import { type BytesAction, eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'
import type { FaultOf, Framing, OddEvent } from './fault.ts'
import type { FaultDefinitions } from './fault-definition.ts'
import { insertInTheMiddle, withDelta } from './rewrite.ts'

/** What is sent in the middle of a text. */
const invalidTexts = { lone: Buffer.from([0xff]), overlong: Buffer.from([0xc0, 0xaf]), surrogate: Buffer.from('\\ud800') }

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

/** Faults of single frames: bytes that are not text, rare forms, events with unusual content. */
export const frameFaults: FaultDefinitions<'invalid-utf8' | 'framing' | 'control-characters' | 'odd-event' | 'choice-index'> = {
  'invalid-utf8': {
    description: 'Text with bytes that are not UTF-8 (lone, overlong), with an escaped lone surrogate, or a body that ends inside a character (truncated).',
    example: 'invalid-utf8:lone',
    options: { of: [...Object.keys(invalidTexts), 'truncated'] },
    required: ['of'],
    onWire: invalidUtf8,
  },
  framing: {
    description: 'The same events in another form that the standard allows.',
    example: 'framing:multi-line',
    options: { as: Object.keys(framings) },
    required: ['as'],
    onWire: reframe,
  },
  'control-characters': {
    description: 'Text with NUL and other control characters: raw (which is not JSON) or escaped.',
    example: 'control-characters:raw',
    options: { as: ['raw', 'escaped'] },
    required: ['as'],
    onWire: (transmission, fault) => insertInTheMiddle(transmission, (like) => [controlEvent(like, fault.as === 'raw')]),
  },
  'odd-event': {
    description: 'One more event without content, or with content that is not text.',
    example: 'odd-event:empty-choices',
    options: { as: Object.keys(oddEvents) },
    required: ['as'],
    onWire: (transmission, fault) => insertInTheMiddle(transmission, (like) => [eventAction(oddEvents[fault.as](like))]),
  },
  'choice-index': {
    description: 'One more event with text for the choice with this index.',
    example: 'choice-index:1',
    options: { value: 'text' },
    required: ['value'],
    onWire: (transmission, fault) =>
      insertInTheMiddle(transmission, (like) => [eventAction(withDelta(like, { content: ' stray' }, { index: jsonOrText(fault.value) }))]),
  },
}

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
    return [{ ...event, bytes: replaceBytes(event.bytes, marker, invalidTexts[of]) }]
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
