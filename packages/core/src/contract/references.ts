/** A reference whose value was found, as records and people see it. */
// biome-ignore lint/style/useConsistentTypeDefinitions: an interface with an optional field is not assignable to JSON.
export type ResolvedReference = {
  /** JSON pointer to where it is in the input. */
  readonly at: string
  readonly id: string
  readonly path?: string
  /** Of the value: its text, or its JSON text. */
  readonly characters: number
  /** SHA-256 of the value: of its text, or of its JSON text with sorted keys; in hexadecimal. */
  readonly hash: string
  /** The beginning of the value, for people. */
  readonly firstLines: string
}
