/** One thing that was looked at. */
export interface Check {
  /** What was done, such as `stream, struck once`. */
  readonly what: string
  readonly expected: string
  readonly seen: string
  readonly ok: boolean
}

/** One case of the matrix. */
export interface Case {
  /** Unique: the row of docs/faults.md and what happens, such as `T15 reset in the middle of the text`. */
  readonly id: string
  /** Why Capstan differs from common advice here. */
  readonly differs?: string
  /** True where the values are printed also when all checks are ok: figures. */
  readonly isPrinted?: boolean
  /** True for cases that take long: the quick run does not have them. */
  readonly slow?: boolean
  run(options: CaseOptions): Promise<readonly Check[]>
}

export interface CaseOptions {
  readonly quick: boolean
  readonly seed: number
}

/** Makes a check of two values: equal, or not. */
export function check(what: string, expected: unknown, seen: unknown): Check {
  const words = [expected, seen].map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  const [left = 'undefined', right = 'undefined'] = words
  return { what, expected: left, seen: right, ok: left === right }
}

/** Makes a check of something that must hold; `seen` is shown when it does not. */
export function holds(what: string, isTrue: boolean, seen: unknown): Check {
  return { what, expected: 'holds', seen: isTrue ? 'holds' : `broken: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`, ok: isTrue }
}
