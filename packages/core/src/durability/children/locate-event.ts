import type { RunEvent, RunEventBody } from '../../contract/events.ts'
import { type CallPosition, makeChildId } from '../operation-ids.ts'

/** Where a child is in its parent. */
export interface ChildPlace {
  /** The call of the parent that it answers. */
  readonly call: CallPosition
  /** Its part of the path of its events, such as `research#1`. */
  readonly name: string
}

/**
 * Adds to an event of a child where it comes from: the name of the child in front of its path, and the call in front of the key of a tool
 * call, which is then unique in the run of the parent. Assigned, not copied: the error of a tool is not enumerable.
 */
export function locateEvent(event: RunEventBody, { call, name }: ChildPlace): RunEventBody {
  const located = event as RunEventBody & { path?: RunEvent['path']; key?: string }
  located.path = [name, ...(located.path ?? [])]
  if (located.key !== undefined) located.key = makeChildId(call, located.key)
  return located
}
