/** A small fault that is planted into a copy of our own source. */
export interface Mutant {
  /** What goes wrong, in a few words; unique. */
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** Is in the file exactly once. */
  readonly search: string
  readonly replace: string
  /** What must fail with the fault: the id of a case, or with `test` a part of the name of a test, as it is written there. */
  readonly killer: string
  /** The file of that test, from the root of the repository. */
  readonly test?: string
  /** True when only the full run of the case fails: under `stream`, or with a fault that strikes every request. */
  readonly needsAll?: boolean
}

/** Faults in one file; `test` is the file of the tests that must notice them, where a fault names no other one. */
export function mutantsOf(files: Pick<Mutant, 'file' | 'test'>, mutants: readonly Omit<Mutant, 'file'>[]): readonly Mutant[] {
  return mutants.map((mutant) => ({ ...files, ...mutant }))
}
