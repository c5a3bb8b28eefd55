import { positionNames } from '../wire/positions.ts'
import { byteFaults } from './byte-faults.ts'
import { callFaults } from './call-faults.ts'
import { connectionFaults } from './connection-faults.ts'
import { contentFaults } from './content-faults.ts'
import { errorFaults } from './error-faults.ts'
import type { Fault, FaultKind } from './fault.ts'
import type { FaultDefinition, FaultDefinitions, FaultOption } from './fault-definition.ts'
import { frameFaults } from './frame-faults.ts'
import { replyFaults } from './reply-faults.ts'
import { responseFaults } from './response-faults.ts'
import { streamFaults } from './stream-faults.ts'

/** Every fault by name. A kind without a definition does not compile. */
export const faultCatalog: FaultDefinitions<FaultKind> = {
  ...responseFaults,
  ...connectionFaults,
  ...streamFaults,
  ...errorFaults,
  ...replyFaults,
  ...byteFaults,
  ...frameFaults,
  ...contentFaults,
  ...callFaults,
}

/** Names of all faults, in the order of the help text. */
// The keys of the catalog are the kinds. Its type says so, but the type of Object.keys does not.
export const faultNames: readonly FaultKind[] = Object.keys(faultCatalog) as FaultKind[]

/** Whether a fault has this name. */
export function isFaultName(name: string): name is FaultKind {
  return Object.hasOwn(faultCatalog, name)
}

/** A definition of a kind that is not known to the compiler. */
export interface AnyFaultDefinition extends Omit<FaultDefinition<Fault>, 'options' | 'required'> {
  readonly options: Readonly<Record<string, FaultOption>>
  readonly required?: readonly string[]
}

/** The definition of a kind of fault. */
export function definitionOf(kind: FaultKind): AnyFaultDefinition {
  // The definition of a kind takes faults of that kind: TypeScript cannot follow the kind through the look-up.
  return faultCatalog[kind] as unknown as AnyFaultDefinition
}

/** One line for each fault: what it does, and how it is written on the command line. */
export interface FaultHelp {
  readonly name: FaultKind
  readonly description: string
  readonly example: string
}

/** Names, descriptions and examples of all faults. */
export const faultHelp: readonly FaultHelp[] = faultNames.map((name) => {
  const { description, example, options } = faultCatalog[name]
  const words = Object.entries(options).flatMap(([option, type]) => wordsOf(type).map((allowed) => ` ${option}: ${allowed}.`))
  return { name, description: description + words.join(''), example }
})

/** The allowed words of an option, where it has a list of them. */
function wordsOf(option: FaultOption): readonly string[] {
  if (option === 'position') return [`${positionNames.join(', ')}, byte-N, event-N`]
  return typeof option === 'string' ? [] : [option.join(', ')]
}
