import { adapterMutants, toolMutants } from './adapter-mutants.ts'
import { approvalMutants } from './approval-mutants.ts'
import { commandMutants } from './command-mutants.ts'
import { containmentMutants } from './containment-mutants.ts'
import { coreMutants } from './core-mutants.ts'
import { httpMutants } from './http-mutants.ts'
import { inputMutants } from './input-mutants.ts'
import type { Mutant } from './mutant.ts'
import { runMutants } from './run-mutants.ts'
import { sessionMutants } from './session-mutants.ts'
import { storeMutants } from './store-mutants.ts'

/** All planted faults. */
export const allMutants: readonly Mutant[] = [
  ...[...coreMutants, ...adapterMutants, ...toolMutants],
  ...[...inputMutants, ...httpMutants, ...approvalMutants, ...containmentMutants, ...runMutants, ...storeMutants, ...sessionMutants, ...commandMutants],
]
