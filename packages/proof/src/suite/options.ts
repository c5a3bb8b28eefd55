/** What the commands of this package pass to their suite. `npm test` passes nothing: then `quickOptions` apply. */
export interface SuiteOptions {
  /** One variant of each case, without the long ones. */
  readonly quick: boolean
  /** Ids, beginnings of ids, or parts of names; empty for all. */
  readonly only: readonly string[]
  readonly seed: number
  /** Of the crashes: stores and engines, kills at random moments and races for each, and the first seed. */
  readonly stores: readonly string[]
  readonly seeds?: number
  readonly races?: number
  readonly from: number
}

// The seed is fixed in `npm test`: a new seed each time is what the command is for.
export const quickOptions: SuiteOptions = { quick: true, only: [], seed: 1, stores: ['file', 'dbos'], from: 1 }

/** Whether `--only` names an id: `T15` names all ids that begin with it as a word. */
export function isAsked(id: string, { only }: Pick<SuiteOptions, 'only'>): boolean {
  const lower = id.toLowerCase()
  return only.length === 0 || only.some((asked) => lower === asked.toLowerCase() || lower.startsWith(`${asked.toLowerCase()} `))
}

/** Whether one of the texts contains a text of `--only`. */
export function isNamed(texts: readonly string[], { only }: Pick<SuiteOptions, 'only'>): boolean {
  return only.length === 0 || only.some((asked) => texts.some((text) => text.includes(asked)))
}
