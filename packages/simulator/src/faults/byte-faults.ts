import { asObject } from '../json.ts'
import { isBytes, isEvent } from '../wire/positions.ts'
import { type BytesAction, eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultDefinitions } from './fault-definition.ts'

/** Faults of the bytes: how they are divided, paced and written. Most of them are allowed by the standards. */
export const byteFaults: FaultDefinitions<'chunking' | 'slow' | 'line-ending' | 'byte-order-mark' | 'huge-event'> = {
  chunking: {
    description: 'The same bytes in writes of these sizes, repeated until the end; 1 divides every character.',
    example: 'chunking:1+7+3',
    options: { sizes: 'numbers', everyMs: 'number' },
    onWire: (transmission, fault) => rechunk(transmission, fault.sizes ?? [1], fault.everyMs ?? 0),
  },
  slow: {
    description: 'A pause before each event, in milliseconds.',
    example: 'slow:50',
    options: { everyMs: 'number' },
    required: ['everyMs'],
    onWire: (transmission, fault) => ({
      ...transmission,
      actions: transmission.actions.flatMap((action): readonly WireAction[] => (isBytes(action) ? [{ type: 'pause', ms: fault.everyMs }, action] : [action])),
    }),
  },
  'line-ending': {
    description: 'Lines end with CR LF or with CR only.',
    example: 'line-ending:crlf',
    options: { value: ['crlf', 'cr'] },
    required: ['value'],
    onWire: (transmission, fault) => changeText(transmission, (text) => text.replaceAll('\n', fault.value === 'cr' ? '\r' : '\r\n')),
  },
  'byte-order-mark': {
    description: 'A byte order mark at the start of the body.',
    example: 'byte-order-mark',
    options: {},
    onWire: byteOrderMark,
  },
  'huge-event': {
    description: 'One event of this many bytes, without a line break.',
    example: 'huge-event:1000000',
    options: { bytes: 'number', event: 'number' },
    required: ['bytes'],
    onWire: hugeEvent,
  },
}

function rechunk(transmission: Transmission, sizes: readonly number[], everyMs: number): Transmission {
  const usable = sizes.filter((size) => Number.isInteger(size) && size > 0)
  if (usable.length === 0) return transmission
  const first = transmission.actions.findIndex(isBytes)
  const all = Buffer.concat(transmission.actions.filter(isBytes).map((action) => action.bytes))
  const pieces: WireAction[] = []
  for (let start = 0, count = 0; start < all.length; count += 1) {
    const end = start + (usable[count % usable.length] ?? 1)
    // A pause, even one of 0 ms, makes each piece a separate write.
    pieces.push({ type: 'bytes', role: 'body', bytes: all.subarray(start, end) }, { type: 'pause', ms: everyMs })
    start = end
  }
  const actions = transmission.actions.flatMap((action, index): readonly WireAction[] => (index === first ? pieces : isBytes(action) ? [] : [action]))
  return { ...transmission, actions }
}

function changeText(transmission: Transmission, change: (text: string) => string): Transmission {
  const actions = transmission.actions.map((action) =>
    isBytes(action) ? { ...action, bytes: Buffer.from(change(Buffer.from(action.bytes).toString('utf8'))) } : action,
  )
  return { ...transmission, actions }
}

function byteOrderMark(transmission: Transmission): Transmission {
  const first = transmission.actions.findIndex(isBytes)
  const mark: BytesAction = { type: 'bytes', role: 'filler', bytes: Buffer.from([0xef, 0xbb, 0xbf]) }
  const actions = transmission.actions.flatMap((action, index) => (index === first ? [mark, action] : [action]))
  return { ...transmission, actions }
}

function hugeEvent(transmission: Transmission, fault: FaultOf<'huge-event'>): Transmission {
  let seen = 0
  const actions = transmission.actions.map((action) => {
    if (!isEvent(action)) return action
    seen += 1
    if (seen !== (fault.event ?? 2)) return action
    const padding = Math.max(0, fault.bytes - action.bytes.length)
    return eventAction({ ...asObject(action.payload), padding: 'x'.repeat(padding) })
  })
  return { ...transmission, actions }
}
