import { adapterMutants, toolMutants } from './adapter-mutants.ts'
import { coreMutants } from './core-mutants.ts'
import type { Mutant } from './mutant.ts'

/** All planted faults. */
export const allMutants: readonly Mutant[] = [...coreMutants, ...adapterMutants, ...toolMutants]
