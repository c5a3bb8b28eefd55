import type { Greeting } from '../wire/greeting.ts'
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
  readonly refuse: FaultDefinition<FaultOf<'refuse'>>
  readonly handshake: FaultDefinition<FaultOf<'handshake'>>
  readonly 'cut-headers': FaultDefinition<FaultOf<'cut-headers'>>
  readonly 'bad-chunk': FaultDefinition<FaultOf<'bad-chunk'>>
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
  refuse: {
    description: 'Nothing listens: connections are refused, for ever or for so many milliseconds.',
    example: 'refuse:forMs=500',
    options: { forMs: 'number' },
  },
  handshake: {
    description: 'A client that was told https gets this instead of a TLS handshake: silence, http, alert, reset or close.',
    example: 'handshake:silence',
    options: { answer: ['silence', 'http', 'alert', 'reset', 'close'] },
    required: ['answer'],
    onConnect: (fault) => greetings[fault.answer],
  },
  'cut-headers': {
    description: 'The response ends within its status line and headers, after so many bytes; end: close (default) or reset.',
    example: 'cut-headers:20,end=reset',
    options: { bytes: 'number', end: ['close', 'reset'] },
    required: ['bytes'],
    onWire: cutHeaders,
  },
  'bad-chunk': {
    description: `Bytes that are no chunk of a chunked body, then a close. at: ${PLACES}. Default mid-stream.`,
    example: 'bad-chunk:mid-stream',
    options: { at: 'place' },
    onWire: (transmission, fault) =>
      stopWith(transmission, [...cutAt(transmission, fault.at ?? 'mid-stream').before, { type: 'raw', bytes: Buffer.from('zz\r\nno chunk\r\n') }], {
        type: 'close',
      }),
  },
}

/** @see https://www.rfc-editor.org/rfc/rfc8446#section-6.2 the alert is handshake_failure */
const greetings: { readonly [Answer in FaultOf<'handshake'>['answer']]: Greeting } = {
  silence: { end: 'silence' },
  http: { bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'), end: 'close' },
  alert: { bytes: Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]), end: 'close' },
  reset: { end: 'reset' },
  close: { end: 'close' },
}

function cutHeaders(transmission: Transmission, fault: FaultOf<'cut-headers'>): Transmission {
  const { status, headers } = transmission
  const head = [`HTTP/1.1 ${status} OK`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n')
  const bytes = Buffer.from(head).subarray(0, Math.max(0, fault.bytes))
  return stopWith(transmission, [{ type: 'raw', bytes }], { type: fault.end ?? 'close' })
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
