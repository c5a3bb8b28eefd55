import type { Difference } from './compare-requests.ts'

const maxLines = 4
/** Characters of a line that are shown before its first difference. */
const before = 30

/** Limits of what is shown. */
export interface ShownSize {
  /** Of each line, in characters. Default: 80. */
  readonly columns?: number
  /** Default: 3. */
  readonly differences?: number
}

/**
 * Writes differences for people: the place, then what was recorded after `-` and what was made after `+`, cut to the part that differs.
 *
 * @returns One line each.
 */
export function showDifferences(differences: readonly Difference[], { columns = 80, differences: most = 3 }: ShownSize = {}): readonly string[] {
  const lines = differences.slice(0, most).flatMap(({ where, recorded, made }) => [`${where}:`, ...showTexts(recorded, made, columns)])
  const more = differences.length - most
  return more > 0 ? [...lines, `and ${more} more ${more === 1 ? 'difference' : 'differences'}`] : lines
}

function showTexts(recorded: string | undefined, made: string | undefined, columns: number): readonly string[] {
  const [old, now] = differingLines(recorded?.split('\n') ?? [], made?.split('\n') ?? [])
  const start = Math.max(0, commonLength(old[0] ?? '', now[0] ?? '') - before)
  const room = columns - 4
  return [
    ...(recorded === undefined ? ['  - (nothing)'] : mark('-', old, { start, room })),
    ...(made === undefined ? ['  + (nothing)'] : mark('+', now, { start, room })),
  ]
}

/** Both texts without the lines that they have in common at the beginning and at the end. */
function differingLines(recorded: readonly string[], made: readonly string[]): readonly [readonly string[], readonly string[]] {
  const shortest = Math.min(recorded.length, made.length)
  let first = 0
  while (first < shortest && recorded[first] === made[first]) first++
  let last = 0
  while (last < shortest - first && recorded.at(-1 - last) === made.at(-1 - last)) last++
  return [recorded.slice(first, recorded.length - last), made.slice(first, made.length - last)]
}

function commonLength(left: string, right: string): number {
  let length = 0
  while (length < left.length && left[length] === right[length]) length++
  return length
}

function mark(sign: string, lines: readonly string[], { start, room }: { readonly start: number; readonly room: number }): readonly string[] {
  const shown = lines.slice(0, maxLines).map((line, index) => `  ${sign} ${cut(line, index === 0 ? start : 0, room)}`)
  const more = lines.length - maxLines
  return more > 0 ? [...shown, `  ${sign} … ${more} more ${more === 1 ? 'line' : 'lines'}`] : shown
}

function cut(line: string, start: number, room: number): string {
  const from = line.length <= room ? 0 : start
  const head = from > 0 ? '…' : ''
  const rest = line.slice(from)
  const left = room - head.length
  return rest.length <= left ? `${head}${rest}` : `${head}${rest.slice(0, left - 1)}…`
}
