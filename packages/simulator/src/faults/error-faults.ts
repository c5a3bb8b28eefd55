import { asArray, asObject, isObject, type Json, type JsonObject, jsonOrText } from '../json.ts'
import { cutAt, isEvent } from '../wire/positions.ts'
import { type BytesAction, bodyAction, doneAction, eventAction, type Transmission } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultContext, FaultDefinitions } from './fault-definition.ts'
import { rewritePayloads } from './rewrite.ts'

type Form = NonNullable<FaultOf<'error-event'>['as']>

/** The payload of the response before the error, and the error body of the family. */
interface ErrorParts {
  readonly like: JsonObject
  readonly body: JsonObject
  readonly error: JsonObject
}

const payloads: { readonly [As in Form]: (parts: ErrorParts) => JsonObject } = {
  data: ({ body }) => body,
  named: ({ body }) => body,
  line: ({ error }) => error,
  choice: ({ like, error }) => ({ ...like, choices: [failedChoice(asObject(asArray(like['choices'])[0]), error)] }),
  'beside-choices': ({ error }) => ({ choices: [], error }),
}

/** Faults that put an error into a response with status 200. */
export const errorFaults: FaultDefinitions<'error-event' | 'error-field'> = {
  'error-event': {
    description:
      'An error object in a stream with status 200, then the end; `as`: in an event, in an event with the name error, in a line `error:`, in the choice, or beside an empty list of choices.',
    example: 'error-event:mid-stream',
    options: { at: ['first', 'mid-stream'], message: 'text', type: 'text', code: 'number-or-text', as: Object.keys(payloads) },
    onWire: errorEvent,
  },
  'error-field': {
    description: 'A field `error` with this value, as JSON or as plain text, in every event or in the body. Default: an empty string.',
    example: 'error-field:false',
    options: { value: 'text' },
    onWire: (transmission, { value = '' }) => rewritePayloads(transmission, (payload) => ({ ...payload, error: jsonOrText(value) })),
  },
}

function failedChoice(choice: JsonObject, error: JsonObject): JsonObject {
  return { ...choice, ...(choice['delta'] !== undefined && { delta: {} }), finish_reason: 'error', error }
}

function errorEvent(transmission: Transmission, fault: FaultOf<'error-event'>, context: FaultContext): Transmission {
  const { before } = cutAt(transmission, fault.at === 'mid-stream' ? 'mid-stream' : 'first-event')
  const form = fault.as ?? 'data'
  const events = transmission.actions.filter(isEvent)
  const like = asObject((before.findLast(isEvent) ?? events[0])?.payload)
  const body = errorBody(fault, context)
  const parts = { body, error: isObject(body['error']) ? body['error'] : body }
  if (events.length === 0) return rewritePayloads(transmission, (payload) => payloads[form]({ ...parts, like: payload }))
  const event = framed(form, payloads[form]({ ...parts, like }))
  // Servers that write such a line end the stream without an end mark.
  return { ...transmission, actions: [...before, event, ...(form === 'line' ? [] : [doneAction]), { type: 'end' }] }
}

function errorBody({ message, type, code }: FaultOf<'error-event'>, context: FaultContext): JsonObject {
  const known = context.statusRejection(500)
  return withCode(context.errorBody({ ...known, message: message ?? known.message, type: type ?? known.type }), code)
}

/** An error body with another `code`, where the family writes it. */
export function withCode(body: Json, code: number | string | undefined): JsonObject {
  const { error, ...rest } = asObject(body)
  if (code === undefined) return asObject(body)
  return isObject(error) ? { ...rest, error: { ...error, code } } : { ...rest, code }
}

function framed(form: Form, payload: JsonObject): BytesAction {
  const event = eventAction(payload)
  if (form === 'named') return { ...event, bytes: Buffer.concat([Buffer.from('event: error\n'), event.bytes]) }
  return form === 'line' ? { ...event, bytes: Buffer.from(`error: ${bodyAction(payload).bytes}\n\n`) } : event
}
