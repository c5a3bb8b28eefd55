import { AgentError } from './errors.ts'

/** The names that an options object may have. */
export interface KnownNames {
  readonly names: Iterable<string>
  /** What a name is, in the middle of a sentence: `an option of Agent`, `a setting of evolink/kimi-k3`. */
  readonly what: string
  /** How to reach the object, before the name: `timeouts.`. Default: empty. */
  readonly path?: string
  /** What to write instead of a name that other libraries use or that was renamed, in code: `{ maxTokens: 'maxOutputTokens' }`. */
  readonly instead?: Readonly<Record<string, string>>
  /** A further sentence, such as another way to do it. */
  readonly hint?: string
}

/**
 * Checks the names of an options object: a misspelt option must not be ignored silently.
 *
 * @throws {AgentError} `invalid-options` for the first unknown name, with the nearest known one.
 */
export function checkNames(options: object, known: KnownNames): void {
  const problem = findUnknownName(options, known)
  if (problem !== undefined) throw new AgentError(problem, { code: 'invalid-options' })
}

/** Says in a sentence or two which name of an options object is unknown and what to write instead; `undefined` when all are known. */
export function findUnknownName(options: object, { names, what, path = '', instead = {}, hint }: KnownNames): string | undefined {
  const known = [...names]
  const name = Object.keys(options).find((candidate) => !known.includes(candidate))
  if (name === undefined) return undefined
  const nearest = Object.hasOwn(instead, name) ? instead[name] : nearestName(name, known)
  const advice = nearest === undefined ? `The names are: ${known.join(', ')}.` : `Use \`${nearest.startsWith(path) ? nearest : `${path}${nearest}`}\`.`
  const rest = hint === undefined ? '' : ` ${hint}`
  return `\`${path}${name.slice(0, 100)}\` is not ${what}. ${advice}${rest}`
}

/**
 * The known name that was probably meant: equal apart from letter case and separators (`max_output_tokens`), else one that begins or
 * ends early (`gap` for `gapMs`), else the one with the fewest differing characters, at most a third of the name.
 *
 * @returns `undefined` when no name is near.
 */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  const wanted = plain(name)
  // Nobody meant a known name with so many characters, and the comparison takes the product of both lengths.
  if (wanted.length > 64) return undefined
  let nearest: string | undefined
  let fewest = Math.floor(Math.max(wanted.length, 3) / 3) + 1
  for (const candidate of names) {
    const count = distance(wanted, plain(candidate))
    if (count < fewest) {
      fewest = count
      nearest = candidate
    }
  }
  return nearest
}

function plain(name: string): string {
  return name.replace(/[_\-\s]/g, '').toLowerCase()
}

function distance(wanted: string, candidate: string): number {
  if (wanted === candidate) return 0
  const isBeginning = wanted.length >= 3 && candidate.startsWith(wanted)
  return isBeginning || (candidate.length >= 3 && wanted.startsWith(candidate)) ? 1 : differences(wanted, candidate)
}

/** Insertions, removals, replacements and swaps of neighbours that make one text of the other. */
function differences(from: string, to: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? 0
}
