import { answerFaults } from './answer-faults.ts'
import { byteFaults } from './byte-faults.ts'
import { callFaults } from './call-faults.ts'
import { connectionFaults } from './connection-faults.ts'
import type { FaultKind, FaultOf } from './fault.ts'
import type { FaultDefinition } from './fault-definition.ts'
import { frameFaults } from './frame-faults.ts'
import { replyFaults } from './reply-faults.ts'
import { streamFaults } from './stream-faults.ts'

/** Every fault by name. A kind without a definition does not compile. */
export const faultCatalog: { readonly [Kind in FaultKind]: FaultDefinition<FaultOf<Kind>> } = {
  ...answerFaults,
  ...connectionFaults,
  ...streamFaults,
  ...replyFaults,
  ...byteFaults,
  ...frameFaults,
  ...callFaults,
}

/** Names of all faults, in the order of a help text. */
// The keys of the catalog are the kinds: its type says so, Object.keys forgets it.
export const faultNames: readonly FaultKind[] = Object.keys(faultCatalog) as FaultKind[]

/** One line for each fault: what it does and how it is written on the command line. */
export interface FaultHelp {
  readonly name: FaultKind
  readonly description: string
  readonly example: string
}

/** Names, descriptions and examples of all faults. */
export const faultHelp: readonly FaultHelp[] = faultNames.map((name) => ({
  name,
  description: faultCatalog[name].description,
  example: faultCatalog[name].example,
}))
