import { cutAt, placeNames } from '../wire/places.ts'
import type { Transmission, WireAction } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultDefinition } from './fault-definition.ts'

const PLACES = `${placeNames.join(', ')}, byte-N, event-N`

/** Faults of the connection: reset, close, silence, and the like. */
export const connectionFaults: {
  readonly reset: FaultDefinition<FaultOf<'reset'>>
  readonly close: FaultDefinition<FaultOf<'close'>>
  readonly stall: FaultDefinition<FaultOf<'stall'>>
  readonly cut: FaultDefinition<FaultOf<'cut'>>
  readonly garbage: FaultDefinition<FaultOf<'garbage'>>
  readonly 'hang-up': FaultDefinition<FaultOf<'hang-up'>>
} = {
  reset: {
    description: `The connection is reset (TCP RST). at: ${PLACES}.`,
    example: 'reset:mid-stream',
    options: { at: 'place' },
    required: ['at'],
    onWire: (transmission, fault) => stopWith(transmission, cutAt(transmission, fault.at).before, { type: 'reset' }),
  },
  close: {
    description: `The connection is closed (TCP FIN) without an end of the response. at: ${PLACES}.`,
    example: 'close:before-headers',
    options: { at: 'place' },
    required: ['at'],
    onWire: (transmission, fault) => stopWith(transmission, cutAt(transmission, fault.at).before, { type: 'close' }),
  },
  stall: {
    description: `Silence until the client leaves; keepAliveMs sends comments meanwhile. at: ${PLACES}.`,
    example: 'stall:first-event,keepAliveMs=300',
    options: { at: 'place', keepAliveMs: 'number' },
    required: ['at'],
    onWire: stall,
  },
  cut: {
    description: 'The body ends after so many bytes; end: end (a proper end of the response, default), close or reset.',
    example: 'cut:120',
    options: { bytes: 'number', end: ['end', 'close', 'reset'] },
    required: ['bytes'],
    onWire: (transmission, fault) => stopWith(transmission, cutAt(transmission, { bytes: fault.bytes }).before, { type: fault.end ?? 'end' }),
  },
  garbage: {
    description: 'Bytes that are no HTTP instead of the status line.',
    example: 'garbage',
    options: {},
    onWire: (transmission) => stopWith(transmission, [{ type: 'raw', bytes: Buffer.from('\u0015\u0003\u0001 this is not HTTP\r\n\r\n') }], { type: 'close' }),
  },
  'hang-up': {
    description: 'A whole answer, after which the server closes the idle connection.',
    example: 'hang-up',
    options: {},
    onWire: (transmission) => stopWith(transmission, transmission.actions, { type: 'close' }),
  },
}

function stopWith(transmission: Transmission, actions: readonly WireAction[], last: WireAction): Transmission {
  return { ...transmission, actions: [...actions, last] }
}

function stall(transmission: Transmission, fault: FaultOf<'stall'>): Transmission {
  const { before } = cutAt(transmission, fault.at)
  // Before the headers there is nothing that a comment could be part of.
  const canComment = before.some((action) => action.type === 'headers')
  return stopWith(transmission, before, { type: 'silence', everyMs: canComment ? fault.keepAliveMs : undefined })
}
