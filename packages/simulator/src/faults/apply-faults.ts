import type { Reply } from '../answers/reply.ts'
import type { Greeting } from '../wire/greeting.ts'
import type { Transmission } from '../wire/transmission.ts'
import type { Fault } from './fault.ts'
import { faultCatalog } from './fault-catalog.ts'
import type { FaultContext, FaultDefinition } from './fault-definition.ts'

/** Lays the faults that change what is said over a reply. */
export function applyReplyFaults(reply: Reply, faults: readonly Fault[]): Reply {
  return faults.reduce((changed, fault) => definitionOf(fault).onReply?.(changed, fault) ?? changed, reply)
}

/** Lays the faults that change what leaves over a transmission, in order. */
export function applyWireFaults(transmission: Transmission, faults: readonly Fault[], context: FaultContext): Transmission {
  return faults.reduce((changed, fault) => definitionOf(fault).onWire?.(changed, fault, context) ?? changed, transmission)
}

/** What a connection is met with; `undefined` when it is served. */
export function greetingFor(faults: readonly Fault[]): Greeting | undefined {
  const greetings = faults.flatMap((fault) => definitionOf(fault).onConnect?.(fault) ?? [])
  return greetings[0]
}

/** Faults that need a reply in parts: they cannot strike exact chunks or bodies. */
export function needsReply(fault: Fault): boolean {
  return definitionOf(fault).onReply !== undefined
}

function definitionOf(fault: Fault): FaultDefinition<Fault> {
  // The entry for a kind takes faults of that kind: TypeScript cannot follow the kind through the look-up.
  return faultCatalog[fault.kind] as FaultDefinition<Fault>
}
