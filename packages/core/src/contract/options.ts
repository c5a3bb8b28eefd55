import { AgentError } from './errors.ts'

/** The names that an options object may have. */
export interface KnownNames {
  readonly names: Iterable<string>
  /** What a name is, in the middle of a sentence: `an option of Agent`, `a setting of evolink/kimi-k3`. */
  readonly what: string
  /** How to reach the object, before the name: `timeouts.`. Default: empty. */
  readonly path?: string
  /**
   * What to write instead of a name that other libraries use or that was renamed, in code: `{ maxTokens: 'maxOutputTokens' }`. A text
   * with backticks is taken as it is. Names are compared without letter case, separators and the prefix `experimental_`.
   */
  readonly instead?: Readonly<Record<string, string>>
  /** A further sentence, such as another way to do it. */
  readonly hint?: string
}

/**
 * Checks the names of an options object: a misspelt option must not be ignored silently.
 *
 * @throws {AgentError} `invalid-options` for something that is not an object, or for its unknown names, with what to write instead.
 */
export function checkNames(options: object, known: KnownNames): void {
  const problem = findUnknownNames(options, known)
  if (problem !== undefined) throw invalidOptions(problem)
}

/** The error for an option that is wrong. */
export function invalidOptions(message: string): AgentError {
  return new AgentError(message, { code: 'invalid-options' })
}

const maxUnknownNames = 5

/** Says in sentences which names of an options object are unknown and what to write instead; `undefined` when all are known. */
export function findUnknownNames(options: unknown, known: KnownNames): string | undefined {
  const { names, path = '', hint } = known
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    return `${path === '' ? 'The options' : `\`${path.replace(/\.$/, '')}\``} must be an object, not ${kindOf(options)}.`
  }
  const list = [...names]
  const unknown = Object.keys(options).filter((name) => !list.includes(name))
  if (unknown.length === 0) return undefined
  const advice = unknown.slice(0, maxUnknownNames).map((name) => ({ name, use: insteadOf(name, list, known) }))
  const sentences = advice.map(({ name, use }) => `\`${path}${name.slice(0, 100)}\` is not ${known.what}.${use === undefined ? '' : ` Use ${use}.`}`)
  if (advice.some(({ use }) => use === undefined)) sentences.push(`The names are: ${list.join(', ')}.`)
  return [...sentences, ...(hint === undefined ? [] : [hint])].join(' ')
}

/** Names a value in an error message without showing its content: `null`, `a string`, `a list`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function insteadOf(name: string, names: readonly string[], { path = '', instead = {} }: KnownNames): string | undefined {
  const bare = name.replace(/^(?:experimental|unstable)_/i, '')
  const isKnown = names.some((candidate) => plain(candidate) === plain(bare))
  const synonym = isKnown ? undefined : Object.keys(instead).find((candidate) => plain(candidate) === plain(bare))
  const nearest = synonym === undefined ? nearestName(bare, names) : instead[synonym]
  if (nearest === undefined || nearest.includes('`')) return nearest
  return `\`${nearest.startsWith(path) ? nearest : `${path}${nearest}`}\``
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
