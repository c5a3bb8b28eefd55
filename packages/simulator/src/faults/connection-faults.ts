import type { Greeting } from '../wire/greeting.ts'
import { cutAt } from '../wire/positions.ts'
import type { Transmission, WireAction } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultDefinitions } from './fault-definition.ts'

/** @see https://www.rfc-editor.org/rfc/rfc8446#section-6.2 the alert is handshake_failure */
const greetings: { readonly [As in FaultOf<'handshake'>['as']]: Greeting } = {
  silence: { end: 'silence' },
  http: { bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'), end: 'close' },
  alert: { bytes: Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]), end: 'close' },
  reset: { end: 'reset' },
  close: { end: 'close' },
}

/** Faults of the connection, such as a reset, a close, or silence. */
export const connectionFaults: FaultDefinitions<
  'reset' | 'close' | 'stall' | 'cut' | 'garbage' | 'hang-up' | 'refuse' | 'handshake' | 'cut-headers' | 'bad-chunk'
> = {
  reset: {
    description: 'The connection is reset (TCP RST).',
    example: 'reset:mid-stream',
    options: { at: 'position' },
    required: ['at'],
    onWire: (transmission, fault) => stopWith(transmission, cutAt(transmission, fault.at).before, { type: 'reset' }),
  },
  close: {
    description: 'The connection is closed (TCP FIN) without an end of the response.',
    example: 'close:before-headers',
    options: { at: 'position' },
    required: ['at'],
    onWire: (transmission, fault) => stopWith(transmission, cutAt(transmission, fault.at).before, { type: 'close' }),
  },
  stall: {
    description: 'Silence until the client disconnects; keepAliveMs sends comments meanwhile.',
    example: 'stall:first-event,keepAliveMs=300',
    options: { at: 'position', keepAliveMs: 'number' },
    required: ['at'],
    onWire: stall,
  },
  cut: {
    description: 'The body ends after this many bytes, by default with a proper end of the response.',
    example: 'cut:120',
    options: { bytes: 'number', end: ['end', 'close', 'reset'] },
    required: ['bytes'],
    onWire: (transmission, fault) => stopWith(transmission, cutAt(transmission, { bytes: fault.bytes }).before, { type: fault.end ?? 'end' }),
  },
  garbage: {
    description: 'Bytes that are not HTTP instead of the status line.',
    example: 'garbage',
    options: {},
    onWire: (transmission) => stopWith(transmission, [{ type: 'raw', bytes: Buffer.from('\u0015\u0003\u0001 this is not HTTP\r\n\r\n') }], { type: 'close' }),
  },
  'hang-up': {
    description: 'A complete response, after which the server closes the idle connection.',
    example: 'hang-up',
    options: {},
    onWire: (transmission) => stopWith(transmission, transmission.actions, { type: 'close' }),
  },
  refuse: {
    description: 'Connections are refused, for the life of the simulator or for this many milliseconds.',
    example: 'refuse:forMs=500',
    options: { forMs: 'number' },
  },
  handshake: {
    description: 'What a client that uses https receives instead of a TLS handshake.',
    example: 'handshake:silence',
    options: { as: Object.keys(greetings) },
    required: ['as'],
    onConnect: (fault) => greetings[fault.as],
  },
  'cut-headers': {
    description: 'The response ends inside its status line and headers, after this many bytes, by default with a close.',
    example: 'cut-headers:20,end=reset',
    options: { bytes: 'number', end: ['close', 'reset'] },
    required: ['bytes'],
    onWire: cutHeaders,
  },
  'bad-chunk': {
    description: 'Bytes that are not a chunk of a chunked body, then a close. Default: mid-stream.',
    example: 'bad-chunk:mid-stream',
    options: { at: 'position' },
    onWire: (transmission, fault) =>
      stopWith(transmission, [...cutAt(transmission, fault.at ?? 'mid-stream').before, { type: 'raw', bytes: Buffer.from('zz\r\nno chunk\r\n') }], {
        type: 'close',
      }),
  },
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
  // Before the headers, a comment would not be part of a body.
  const canComment = before.some((action) => action.type === 'headers')
  return stopWith(transmission, before, { type: 'silence', everyMs: canComment ? fault.keepAliveMs : undefined })
}
