import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib'
import type { Json } from '../json.ts'
import { countBytes, isBytes } from '../wire/positions.ts'
import { type BytesAction, jsonTransmission, type Transmission, textTransmission, type WireAction } from '../wire/transmission.ts'
import { withCode } from './error-faults.ts'
import type { FaultOf, StatusFault } from './fault.ts'
import type { FaultContext, FaultDefinitions } from './fault-definition.ts'

const jsonBodies: { readonly [Of in NonNullable<FaultOf<'json-body'>['of']>]: (context: FaultContext) => Json | undefined } = {
  completion: (context) => context.completionBody(),
  error: (context) => context.errorBody(context.statusRejection(500)),
  envelope: (context) => {
    const body = context.completionBody()
    return body === undefined ? undefined : { data: body, success: true }
  },
}

const compressors = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }

/** Faults that replace the response, or change its headers. */
export const responseFaults: FaultDefinitions<'status' | 'html' | 'redirect' | 'json-body' | 'content-type' | 'content-length' | 'many-headers' | 'gzip'> = {
  status: {
    description: "An error status with the family's error body; retryAfter sets Retry-After.",
    example: 'status:429,retryAfter=1',
    options: {
      status: 'number',
      retryAfter: 'number-or-text',
      retryAfterMs: 'number',
      shouldRetry: 'boolean',
      echoKey: 'boolean',
      message: 'text',
      type: 'text',
      code: 'number-or-text',
      headers: 'headers',
      body: 'json',
    },
    required: ['status'],
    onWire: (_transmission, fault, context) => errorStatus(fault, context),
  },
  html: {
    description: 'A page of HTML with status 200 (or another), as a captive portal sends.',
    example: 'html',
    options: { status: 'number', bytes: 'number' },
    onWire: (_transmission, fault) => htmlPage(fault),
  },
  redirect: {
    description: 'A redirect, by default 307 to the same path.',
    example: 'redirect:307',
    options: { status: 'number', location: 'text' },
    onWire: (_transmission, fault, { path }) => textTransmission('', fault.status ?? 307, { location: fault.location ?? path }),
  },
  'json-body': {
    description: 'A JSON body with status 200 although a stream was requested.',
    example: 'json-body:error',
    options: { of: Object.keys(jsonBodies) },
    onWire: (transmission, fault, context) => {
      const body = jsonBodies[fault.of ?? 'completion'](context)
      return body === undefined ? transmission : jsonTransmission(body)
    },
  },
  'content-type': {
    description: 'Another Content-Type for the same bytes.',
    example: 'content-type:text/plain',
    options: { value: 'text' },
    required: ['value'],
    onWire: (transmission, fault) => ({ ...transmission, headers: { ...transmission.headers, 'content-type': fault.value } }),
  },
  'content-length': {
    description: 'A Content-Length that is wrong by this many bytes (may be negative).',
    example: 'content-length:10',
    options: { by: 'number' },
    required: ['by'],
    onWire: wrongLength,
  },
  'many-headers': {
    description: 'This many additional headers of 100 bytes each.',
    example: 'many-headers:1000',
    options: { count: 'number' },
    required: ['count'],
    onWire: (transmission, fault) => ({ ...transmission, headers: { ...transmission.headers, ...extraHeaders(fault.count) } }),
  },
  gzip: {
    description: 'A compressed body; corrupt=true breaks it in the middle; bombBytes is the size of the comments that are put before it.',
    example: 'gzip:corrupt=true',
    options: { corrupt: 'boolean', encoding: Object.keys(compressors), bombBytes: 'number' },
    onWire: compress,
  },
}

function errorStatus(fault: StatusFault, context: FaultContext): Transmission {
  const known = context.statusRejection(fault.status, fault.type)
  const headers = {
    ...(fault.retryAfter !== undefined && { 'retry-after': retryAfter(String(fault.retryAfter)) }),
    ...(fault.retryAfterMs !== undefined && { 'retry-after-ms': String(fault.retryAfterMs) }),
    ...(fault.shouldRetry !== undefined && { 'x-should-retry': String(fault.shouldRetry) }),
    ...fault.headers,
  }
  if (typeof fault.body === 'string') return textTransmission(fault.body, fault.status, headers)
  const echo = fault.echoKey === true ? ` Your key is ${context.key}, sent as Bearer ${context.key}.` : ''
  const rejection = { ...known, message: (fault.message ?? known.message) + echo, type: fault.type ?? known.type }
  return jsonTransmission(fault.body ?? withCode(context.errorBody(rejection), fault.code), fault.status, headers)
}

/** `date+2` is an HTTP date in two seconds; any other value is sent as it is. */
function retryAfter(value: string): string {
  const seconds = /^date([+-]\d+)$/.exec(value)?.[1]
  return seconds === undefined ? value : new Date(Date.now() + Number(seconds) * 1000).toUTCString()
}

function htmlPage(fault: FaultOf<'html'>): Transmission {
  const page = '<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>'
  const padding = ' '.repeat(Math.max(0, (fault.bytes ?? 0) - page.length))
  return textTransmission(page + padding, fault.status ?? 200, { 'content-type': 'text/html; charset=utf-8' })
}

function wrongLength(transmission: Transmission, fault: FaultOf<'content-length'>): Transmission {
  const length = Math.max(0, countBytes(transmission.actions) + fault.by)
  const headers = { ...transmission.headers, 'content-length': String(length) }
  // A body that is longer than its Content-Length can end as usual; after a shorter one, the connection can only be closed.
  const actions = fault.by > 0 ? transmission.actions.map((action) => (action.type === 'end' ? ({ type: 'close' } as const) : action)) : transmission.actions
  return { ...transmission, headers, actions }
}

function extraHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-extra-${index}`, 'x'.repeat(100)]))
}

function compress(transmission: Transmission, fault: FaultOf<'gzip'>): Transmission {
  const encoding = fault.encoding ?? 'gzip'
  const bomb = Buffer.from(': \n'.padStart(1024, ':').repeat(Math.ceil((fault.bombBytes ?? 0) / 1024)))
  const plain = Buffer.concat([bomb, ...transmission.actions.filter(isBytes).map((action) => action.bytes)])
  const bytes = fault.corrupt === true ? corruptGzip(plain) : compressors[encoding](plain)
  const body: BytesAction = { type: 'bytes', role: 'body', bytes }
  const first = transmission.actions.findIndex(isBytes)
  const actions = transmission.actions.flatMap((action, index): readonly WireAction[] => (index === first ? [body] : isBytes(action) ? [] : [action]))
  return { ...transmission, headers: { ...transmission.headers, 'content-encoding': encoding }, actions }
}

/** The first half, then a block of a type that does not exist: the compressed data itself is broken, not only its checksum. */
function corruptGzip(plain: Buffer): Buffer {
  const half = gzipSync(plain.subarray(0, Math.floor(plain.length / 2)), { finishFlush: constants.Z_SYNC_FLUSH })
  return Buffer.concat([half, Buffer.alloc(16, 0xff)])
}
