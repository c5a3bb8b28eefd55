/** Where a fact of a profile was read, and when (ISO date). */
export interface Source {
  readonly url: string
  readonly read: string
}
