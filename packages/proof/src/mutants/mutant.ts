/** A small fault that is planted into a copy of our own source. */
export interface Mutant {
  /** What goes wrong, in a few words; unique. */
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** Must be there exactly once. */
  readonly search: string
  readonly replace: string
  /** Id of the case that must notice it. */
  readonly killer: string
  /** True when only the full run of the case notices it: under `stream`, or struck always. */
  readonly needsAll?: boolean
}
