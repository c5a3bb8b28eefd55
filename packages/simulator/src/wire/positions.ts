import { asArray, asObject } from '../json.ts'
import type { BytesAction, Transmission, WireAction } from './transmission.ts'

/** A position in a response at which a fault happens. */
export type Position =
  | 'before-headers'
  | 'after-headers'
  /** The same as `after-headers`: the first event is not sent. */
  | 'first-event'
  /** In the middle of the content, after at least one event of it. */
  | 'mid-stream'
  /** Before the event with the finish reason. */
  | 'before-finish'
  /** After the finish reason, before the end mark. */
  | 'before-done'
  /** After the end mark; the response is not ended. */
  | 'after-done'
  /** After this many bytes of the body. */
  | { readonly bytes: number }
  /** After this many events of the stream. */
  | { readonly event: number }

/** The named positions, for help and for checks. */
export const positionNames = ['before-headers', 'after-headers', 'first-event', 'mid-stream', 'before-finish', 'before-done', 'after-done'] as const

/** The actions before and after a position. Bytes across it are divided. */
export interface Cut {
  readonly before: readonly WireAction[]
  readonly after: readonly WireAction[]
}

/** Divides a response at a position. Where the response does not have the position, the nearest one is used. */
export function cutAt({ actions }: Transmission, position: Position): Cut {
  if (typeof position === 'object') return 'bytes' in position ? cutAtBytes(actions, position.bytes) : cutAtIndex(actions, eventIndex(actions, position.event))
  switch (position) {
    case 'before-headers':
      return cutAtIndex(
        actions,
        indexOf(actions, (action) => action.type === 'headers'),
      )
    case 'after-headers':
    case 'first-event':
      return cutAtIndex(actions, indexOf(actions, (action) => action.type === 'headers') + 1)
    case 'mid-stream':
      return cutInTheMiddle(actions)
    case 'before-finish':
      return isEventStream(actions) ? cutAtIndex(actions, finishIndex(actions)) : cutAtBytes(actions, countBytes(actions) - 1)
    case 'before-done':
      return cutAtIndex(
        actions,
        indexOf(actions, (action) => isBytes(action) && action.role === 'done'),
      )
    case 'after-done':
      return cutAtIndex(actions, indexOf(actions, isEnding))
  }
}

/** Whether the payload of an event holds a finish reason. */
export function hasFinishReason(action: WireAction): boolean {
  if (!isBytes(action) || action.role !== 'event') return false
  return asArray(asObject(action.payload)['choices']).some((choice) => {
    const reason = asObject(choice)['finish_reason']
    return reason !== undefined && reason !== null
  })
}

/** Whether an action carries bytes of the body. */
export function isBytes(action: WireAction): action is BytesAction {
  return action.type === 'bytes'
}

/** Whether an action is an event of the stream. */
export function isEvent(action: WireAction): action is BytesAction {
  return isBytes(action) && action.role === 'event'
}

/** Number of bytes in the body. */
export function countBytes(actions: readonly WireAction[]): number {
  return actions.reduce((sum, action) => sum + (isBytes(action) ? action.bytes.length * (action.times ?? 1) : 0), 0)
}

function isEventStream(actions: readonly WireAction[]): boolean {
  return actions.some(isEvent)
}

function isEnding(action: WireAction): boolean {
  return action.type === 'end' || action.type === 'close' || action.type === 'reset'
}

function indexOf(actions: readonly WireAction[], test: (action: WireAction) => boolean): number {
  const index = actions.findIndex(test)
  return index === -1 ? actions.length : index
}

function finishIndex(actions: readonly WireAction[]): number {
  const index = actions.findIndex(hasFinishReason)
  return index === -1 ? indexOf(actions, (action) => (isBytes(action) && action.role === 'done') || isEnding(action)) : index
}

function eventIndex(actions: readonly WireAction[], count: number): number {
  const ends = actions.flatMap((action, index) => (isBytes(action) && action.role !== 'filler' ? [index + 1] : []))
  if (count <= 0) return indexOf(actions, (action) => action.type === 'headers') + 1
  return ends[Math.min(count, ends.length) - 1] ?? actions.length
}

function cutInTheMiddle(actions: readonly WireAction[]): Cut {
  if (!isEventStream(actions)) return cutAtBytes(actions, Math.floor(countBytes(actions) / 2))
  const events = actions.slice(0, finishIndex(actions)).filter(isEvent).length
  // The first event has only the role: content starts with the second.
  return cutAtIndex(actions, eventIndex(actions, Math.max(2, Math.ceil(events / 2))))
}

function cutAtIndex(actions: readonly WireAction[], index: number): Cut {
  return { before: actions.slice(0, index), after: actions.slice(index) }
}

function cutAtBytes(actions: readonly WireAction[], bytes: number): Cut {
  const before: WireAction[] = []
  let left = Math.max(0, bytes)
  for (const [index, action] of actions.entries()) {
    if (isEnding(action)) return { before, after: actions.slice(index) }
    if (!isBytes(action)) {
      before.push(action)
      continue
    }
    const rest = actions.slice(index + 1)
    const times = action.times ?? 1
    if (times === 1 && left < action.bytes.length) return splitBytes(before, action, { left, rest })
    // Repeated bytes are not divided: the position is before or after all of them.
    if (left < action.bytes.length * times) return { before, after: [action, ...rest] }
    left -= action.bytes.length * times
    before.push(action)
  }
  return { before, after: [] }
}

function splitBytes(before: readonly WireAction[], action: BytesAction, at: { left: number; rest: readonly WireAction[] }): Cut {
  const head: BytesAction = { type: 'bytes', role: action.role, bytes: action.bytes.subarray(0, at.left) }
  const tail: BytesAction = { type: 'bytes', role: action.role, bytes: action.bytes.subarray(at.left) }
  return { before: at.left === 0 ? before : [...before, head], after: [tail, ...at.rest] }
}
