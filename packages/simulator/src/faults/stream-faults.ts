import { asArray, asObject, isObject, type Json } from '../json.ts'
import { cutAt, hasFinishReason, isBytes, isEvent } from '../wire/places.ts'
import { type BytesAction, commentAction, doneAction, eventAction, type Transmission, type WireAction } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultContext, FaultDefinition } from './fault-definition.ts'

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
    options: { at: ['first', 'mid-stream'], message: 'text', named: 'boolean' },
    onWire: errorEvent,
  },
  usage: {
    description: 'Usage is missing, in every event, negative, or text.',
    example: 'usage:missing',
    options: { value: ['missing', 'every-event', 'negative', 'text'] },
    required: ['value'],
    onWire: (transmission, fault) => changeUsage(transmission, fault.value),
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
  const payload = context.errorBody({ ...known, message: fault.message ?? known.message })
  if (!hasEvents(transmission))
    return changeEvent(transmission, 1, () => [{ type: 'bytes', role: 'body', payload, bytes: Buffer.from(JSON.stringify(payload)) }])
  const event = eventAction(payload)
  const bytes = fault.named === true ? Buffer.concat([Buffer.from('event: error\n'), event.bytes]) : event.bytes
  const { before } = cutAt(transmission, fault.at === 'mid-stream' ? 'mid-stream' : 'first-event')
  return { ...transmission, actions: [...before, { ...event, bytes }, doneAction, { type: 'end' }] }
}

function changeUsage(transmission: Transmission, value: FaultOf<'usage'>['value']): Transmission {
  const last = transmission.actions.flatMap((action) => (isBytes(action) ? [findUsage(action.payload)] : [])).findLast((usage) => usage !== undefined)
  const actions = transmission.actions.map((action) => {
    if (!isBytes(action) || !isObject(action.payload)) return action
    const payload = replaceUsage(action.payload, usageFor(value, last))
    const bytes = action.role === 'event' ? eventAction(payload).bytes : Buffer.from(JSON.stringify(payload))
    return { ...action, payload, bytes }
  })
  return { ...transmission, actions }
}

type UsageChange = (old: Json | undefined) => Json | undefined

function usageFor(value: FaultOf<'usage'>['value'], last: Json | undefined): UsageChange {
  switch (value) {
    case 'missing':
      return () => undefined
    case 'every-event':
      return () => last
    case 'negative':
      return (old) => (isObject(old) ? mapNumbers(old, (count) => -count) : old)
    case 'text':
      return (old) => (isObject(old) ? mapNumbers(old, (count) => `${count} tokens`) : old)
  }
}

function mapNumbers(usage: Json, change: (count: number) => Json): Json {
  if (typeof usage === 'number') return change(usage)
  if (!isObject(usage)) return usage
  return Object.fromEntries(Object.entries(usage).map(([key, value]) => [key, value === undefined ? value : mapNumbers(value, change)]))
}

function findUsage(payload: Json | undefined): Json | undefined {
  const { usage, choices } = asObject(payload)
  if (isObject(usage)) return usage
  return asArray(choices)
    .map((choice) => asObject(choice)['usage'])
    .find(isObject)
}

function replaceUsage(payload: { readonly [key: string]: Json | undefined }, change: UsageChange): Json {
  const choices = asArray(payload['choices']).map((choice) => {
    const { usage, ...rest } = asObject(choice)
    const changed = usage === undefined ? undefined : change(usage)
    return changed === undefined ? rest : { ...rest, usage: changed }
  })
  const { usage, ...rest } = payload
  const changed = change(usage)
  return { ...rest, choices, ...(changed !== undefined && { usage: changed }) }
}
