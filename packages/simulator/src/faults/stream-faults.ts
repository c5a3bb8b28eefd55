import { asArray, asObject, isObject, type Json } from '../json.ts'
import { cutAt, hasFinishReason, isBytes, isEvent } from '../wire/places.ts'
import { type BytesAction, commentAction, doneAction, eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultContext, FaultDefinition } from './fault-definition.ts'
import { changeUsage } from './usage-fault.ts'

/** Faults of the events in a stream. */
export const streamFaults: {
  readonly 'keep-alive': FaultDefinition<FaultOf<'keep-alive'>>
  readonly malformed: FaultDefinition<FaultOf<'malformed'>>
  readonly duplicate: FaultDefinition<FaultOf<'duplicate'>>
  readonly 'no-finish': FaultDefinition<FaultOf<'no-finish'>>
  readonly 'no-done': FaultDefinition<FaultOf<'no-done'>>
  readonly 'after-done': FaultDefinition<FaultOf<'after-done'>>
  readonly 'error-event': FaultDefinition<FaultOf<'error-event'>>
  readonly usage: FaultDefinition<FaultOf<'usage'>>
  readonly flood: FaultDefinition<FaultOf<'flood'>>
} = {
  'keep-alive': {
    description: 'Comments before the first event (blank lines before a body that is no stream).',
    example: 'keep-alive:5,everyMs=100',
    options: { count: 'number', everyMs: 'number', comment: 'text' },
    onWire: keepAlive,
  },
  malformed: {
    description: 'The event with this number, from 1, is broken JSON (or data).',
    example: 'malformed:2',
    options: { event: 'number', data: 'text' },
    onWire: (transmission, fault) => changeEvent(transmission, fault.event ?? 2, (action) => [malformed(action, fault.data)]),
  },
  duplicate: {
    description: 'The event with this number, from 1, is sent twice.',
    example: 'duplicate:3',
    options: { event: 'number' },
    onWire: (transmission, fault) => changeEvent(transmission, fault.event ?? 2, (action) => [action, action]),
  },
  'no-finish': {
    description: 'The stream ends without a finish reason; done=false leaves [DONE] out too.',
    example: 'no-finish:done=false',
    options: { done: 'boolean' },
    onWire: noFinish,
  },
  'no-done': {
    description: 'The end mark [DONE] is missing.',
    example: 'no-done',
    options: {},
    onWire: (transmission) => ({ ...transmission, actions: transmission.actions.filter((action) => !isDone(action)) }),
  },
  'after-done': {
    description: 'An event after [DONE].',
    example: 'after-done',
    options: { data: 'text' },
    onWire: (transmission, fault) => insertAfterDone(transmission, rawEvent(fault.data ?? '{"choices":[{"index":0,"delta":{"content":"late"}}]}')),
  },
  'error-event': {
    description: 'An error object in a stream with status 200, then the end. at: first or mid-stream; named=true sends it as event: error.',
    example: 'error-event:mid-stream',
    options: { at: ['first', 'mid-stream'], message: 'text', type: 'text', code: 'text', named: 'boolean' },
    onWire: errorEvent,
  },
  usage: {
    description: 'Usage is missing, in every event, negative, text, fractions, or says that max_tokens was reached.',
    example: 'usage:missing',
    options: { value: ['missing', 'every-event', 'negative', 'text', 'fraction', 'at-limit'] },
    required: ['value'],
    onWire: (transmission, fault, context) => changeUsage(transmission, fault.value, context.maxTokens),
  },
  flood: {
    description: 'So many blank-lines or comments before the first event.',
    example: 'flood:comments,count=100000',
    options: { of: ['blank-lines', 'comments'], count: 'number' },
    required: ['of', 'count'],
    onWire: flood,
  },
}

function isDone(action: WireAction): boolean {
  return isBytes(action) && action.role === 'done'
}

function rawEvent(data: string): BytesAction {
  return { type: 'bytes', role: 'event', bytes: Buffer.from(`data: ${data}\n\n`) }
}

function insertFirst(transmission: Transmission, actions: readonly WireAction[]): Transmission {
  const { before, after } = cutAt(transmission, 'first-event')
  return { ...transmission, actions: [...before, ...actions, ...after] }
}

function hasEvents(transmission: Transmission): boolean {
  return transmission.actions.some(isEvent)
}

function keepAlive(transmission: Transmission, fault: FaultOf<'keep-alive'>): Transmission {
  const comment: BytesAction = hasEvents(transmission)
    ? commentAction(fault.comment ?? 'keep-alive')
    : { type: 'bytes', role: 'filler', bytes: Buffer.from('\n') }
  const once: readonly WireAction[] = [comment, { type: 'pause', ms: fault.everyMs ?? 10 }]
  return insertFirst(transmission, Array.from({ length: fault.count ?? 3 }, () => once).flat())
}

function flood(transmission: Transmission, fault: FaultOf<'flood'>): Transmission {
  const line = fault.of === 'comments' ? ': flood\n' : '\n'
  const block = 1000
  const filler = (count: number, times: number): BytesAction => ({ type: 'bytes', role: 'filler', bytes: Buffer.from(line.repeat(count)), times })
  return insertFirst(transmission, [filler(block, Math.floor(fault.count / block)), filler(fault.count % block, 1)])
}

function changeEvent(transmission: Transmission, number: number, change: (action: BytesAction) => readonly WireAction[]): Transmission {
  let seen = 0
  const actions = transmission.actions.flatMap((action) => {
    if (!isBytes(action) || (action.role !== 'event' && action.role !== 'body')) return [action]
    seen += 1
    // A body that is no stream counts as its only event.
    return seen === number || action.role === 'body' ? change(action) : [action]
  })
  return { ...transmission, actions }
}

function malformed(action: BytesAction, data: string | undefined): BytesAction {
  if (action.role === 'event') return rawEvent(data ?? '{"choices":[{"index":0,"delta":{"content":"bro')
  const bytes = data === undefined ? action.bytes.subarray(0, Math.floor(action.bytes.length / 2)) : Buffer.from(data)
  return { type: 'bytes', role: 'body', bytes }
}

function noFinish(transmission: Transmission, fault: FaultOf<'no-finish'>): Transmission {
  const finish = transmission.actions.findIndex(hasFinishReason)
  if (finish === -1) return changeEvent(transmission, 1, withoutFinishReason)
  const actions = transmission.actions.filter((action, index) => {
    // With several candidates the finish reasons stand among other events: only they go, and the usage after them.
    if (isEvent(action)) return !hasFinishReason(action) && (index < finish || asArray(asObject(action.payload)['choices']).length > 0)
    return !(isDone(action) && fault.done === false)
  })
  return { ...transmission, actions }
}

function withoutFinishReason(action: BytesAction): readonly WireAction[] {
  if (action.role !== 'body' || !isObject(action.payload)) return [action]
  const choices = asArray(action.payload['choices']).map((choice) => ({ ...asObject(choice), finish_reason: null }))
  const payload = { ...action.payload, choices }
  return [{ ...action, payload, bytes: Buffer.from(JSON.stringify(payload)) }]
}

function insertAfterDone(transmission: Transmission, event: BytesAction): Transmission {
  const { before, after } = cutAt(transmission, 'after-done')
  return { ...transmission, actions: [...before, event, ...after] }
}

function errorEvent(transmission: Transmission, fault: FaultOf<'error-event'>, context: FaultContext): Transmission {
  const known = context.statusRejection(500)
  const body = context.errorBody({ ...known, message: fault.message ?? known.message, type: fault.type ?? known.type })
  const payload: Json = fault.code === undefined ? body : { error: { ...asObject(asObject(body)['error']), code: fault.code } }
  if (!hasEvents(transmission))
    return changeEvent(transmission, 1, () => [{ type: 'bytes', role: 'body', payload, bytes: Buffer.from(JSON.stringify(payload)) }])
  const event = eventAction(payload)
  const bytes = fault.named === true ? Buffer.concat([Buffer.from('event: error\n'), event.bytes]) : event.bytes
  const { before } = cutAt(transmission, fault.at === 'mid-stream' ? 'mid-stream' : 'first-event')
  return { ...transmission, actions: [...before, { ...event, bytes }, doneAction, { type: 'end' }] }
}
