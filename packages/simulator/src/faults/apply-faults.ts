import type { Reply } from '../replies/reply.ts'
import type { Greeting } from '../wire/greeting.ts'
import type { Transmission } from '../wire/transmission.ts'
import type { Fault } from './fault.ts'
import { definitionOf } from './fault-catalog.ts'
import type { FaultContext } from './fault-definition.ts'

/** Applies the faults that change the reply, in order. */
export function applyReplyFaults(reply: Reply, faults: readonly Fault[]): Reply {
  return faults.reduce((changed, fault) => definitionOf(fault.kind).onReply?.(changed, fault) ?? changed, reply)
}

/** Applies the faults that change the encoded response, in order. */
export function applyWireFaults(transmission: Transmission, faults: readonly Fault[], context: FaultContext): Transmission {
  return faults.reduce((changed, fault) => definitionOf(fault.kind).onWire?.(changed, fault, context) ?? changed, transmission)
}

/** What a client receives when it connects; `undefined` when its requests are served. */
export function greetingFor(faults: readonly Fault[]): Greeting | undefined {
  const greetings = faults.flatMap((fault) => definitionOf(fault.kind).onConnect?.(fault) ?? [])
  return greetings[0]
}

/** Whether a fault changes the reply: such a fault cannot be applied to exact chunks or bodies. */
export function needsReply(fault: Fault): boolean {
  return definitionOf(fault.kind).onReply !== undefined
}
