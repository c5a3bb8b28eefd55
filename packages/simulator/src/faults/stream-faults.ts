import { asArray, asObject, type JsonObject } from '../json.ts'
import { cutAt, hasFinishReason, isBytes, isEvent } from '../wire/positions.ts'
import { type BytesAction, commentAction, type Transmission, type WireAction } from '../wire/transmission.ts'
import type { FaultOf } from './fault.ts'
import type { FaultDefinitions } from './fault-definition.ts'
import { rewriteChoices } from './rewrite.ts'
import { changeUsage, usageShapes } from './usage-fault.ts'

const finishForms: { readonly [As in NonNullable<FaultOf<'no-finish'>['as']>]: (choice: JsonObject) => JsonObject } = {
  null: (choice) => ({ ...choice, finish_reason: null }),
  missing: ({ finish_reason: _, ...choice }) => choice,
  empty: (choice) => ({ ...choice, finish_reason: '' }),
}

/** Faults of the events in a stream. */
export const streamFaults: FaultDefinitions<'keep-alive' | 'malformed' | 'duplicate' | 'no-finish' | 'no-done' | 'after-done' | 'usage' | 'flood'> = {
  'keep-alive': {
    description: 'Comments before the first event (blank lines before a body that is not a stream).',
    example: 'keep-alive:5,everyMs=100',
    options: { count: 'number', everyMs: 'number', comment: 'text' },
    onWire: keepAlive,
  },
  malformed: {
    description: 'The event with this number, from 1, is broken JSON (or `data`).',
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
    description:
      'The response ends without a finish reason; done=false omits [DONE] too; usage=true keeps the usage at the end; `as` is how the finish reason is written in a JSON body, and in a stream with usage=true.',
    example: 'no-finish:done=false',
    options: { done: 'boolean', usage: 'boolean', as: Object.keys(finishForms) },
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
  usage: {
    description: 'Usage is reported in another form, or not at all.',
    example: 'usage:missing',
    options: { value: usageShapes },
    required: ['value'],
    onWire: (transmission, fault, context) => changeUsage(transmission, fault.value, context.maxTokens),
  },
  flood: {
    description: 'This many blank lines or comments before the first event.',
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

function keepAlive(transmission: Transmission, fault: FaultOf<'keep-alive'>): Transmission {
  const comment: BytesAction = transmission.actions.some(isEvent)
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
    // A body that is not a stream counts as its only event.
    return seen === number || action.role === 'body' ? change(action) : [action]
  })
  return { ...transmission, actions }
}

function malformed(action: BytesAction, data: string | undefined): BytesAction {
  if (action.role === 'event') return rawEvent(data ?? '{"choices":[{"index":0,"delta":{"content":"bro')
  const bytes = data === undefined ? action.bytes.subarray(0, Math.floor(action.bytes.length / 2)) : Buffer.from(data)
  return { type: 'bytes', role: 'body', bytes }
}

function noFinish(transmission: Transmission, { done, usage, as = 'null' }: FaultOf<'no-finish'>): Transmission {
  const finish = transmission.actions.findIndex(hasFinishReason)
  const kept = transmission.actions.filter((action, index) => {
    if (isDone(action)) return done !== false
    if (!isEvent(action) || usage === true) return true
    // With several candidates, the finish reasons are between other events: only they are removed, and the usage after them.
    return !hasFinishReason(action) && (finish === -1 || index < finish || asArray(asObject(action.payload)['choices']).length > 0)
  })
  const hasReason = ({ finish_reason: reason }: JsonObject): boolean => reason !== undefined && reason !== null
  return rewriteChoices({ ...transmission, actions: kept }, (choice) => (hasReason(choice) ? finishForms[as](choice) : choice))
}

function insertAfterDone(transmission: Transmission, event: BytesAction): Transmission {
  const { before, after } = cutAt(transmission, 'after-done')
  return { ...transmission, actions: [...before, event, ...after] }
}
