import { Slice, type Steps } from '../contract/turns.ts'
import { formatCount } from '../support/cap-text.ts'

/** What to read of a text. */
export interface ReadRange {
  /** The first line, from 1. Default: 1. */
  readonly offset?: number | undefined
  /** The number of lines, or of matching lines. Default: as many as fit. */
  readonly limit?: number | undefined
  /** Shows only lines with this text, whatever its letter case, each with the line before and the line after it. */
  readonly find?: string | undefined
}

/** The most bytes of UTF-8 that are shown at once. */
export const maxShownBytes = 8_000
/** The most characters of a line: a longer one counts as several, so a text without line ends can be read too. */
const maxLineLength = 1_000
/** Room for the first line of the output, which says what is shown. */
const headBytes = 400
const maxShownQuery = 60
/** Stands between lines that do not follow each other. */
const gap = '…'

/** Where a line is in its text, without its line end. Lines count from 1. */
interface Line {
  readonly number: number
  readonly start: number
  readonly end: number
}

/** What was taken of a text. */
interface Taken {
  readonly rows: readonly string[]
  readonly first: number
  readonly last: number
  /** Where to continue; `undefined` at the end of the text. */
  readonly next: number | undefined
  readonly matches: number
}

/** Takes lines, which come in order, until it has no room for the next one. */
interface Taker {
  take(line: Line): void
  readonly taken: Taken
}

/**
 * Shows a part of a text: lines, or the lines that contain something. The first line of the output says what is shown, how large the text is
 * and where to continue. The output has at most 8,000 bytes.
 *
 * @param name - What the text is called in the output.
 */
export function* readText(name: string, text: string, range: ReadRange): Steps<string> {
  const taker = range.find === undefined ? new LineTaker(text, range) : new MatchTaker(text, range, range.find)
  const slice = new Slice()
  let total = 0
  for (const line of linesOf(text)) {
    if (slice.spend(1)) yield
    total = line.number
    taker.take(line)
  }
  return describeTaken(name, taker.taken, { range, size: `${count(total, 'line')} and ${count(text.length, 'character')} in all` })
}

function describeTaken(name: string, taken: Taken, { range, size }: { readonly range: ReadRange; readonly size: string }): string {
  const { rows, first, last, next, matches } = taken
  const { offset = 1, find } = range
  if (rows.length === 0) {
    const from = offset > 1 ? ` from line ${formatCount(offset)} on` : ''
    return `${name}: there is nothing${find === undefined ? '' : ` with ${shortened(find)}`}${from}; ${size}.`
  }
  const what = find === undefined ? '' : `${count(matches, 'line')} with ${shortened(find)}, `
  const rest = next === undefined ? 'no more follow' : `continue with offset ${next}`
  return `${name}: ${what}lines ${first} to ${last}, ${size}; ${rest}:\n${rows.join('\n')}`
}

class LineTaker implements Taker {
  readonly #text: string
  readonly #first: number
  readonly #limit: number
  readonly #rows: string[] = []
  readonly #room = new Room()
  #next: number | undefined

  constructor(text: string, { offset = 1, limit = Number.POSITIVE_INFINITY }: ReadRange) {
    this.#text = text
    this.#first = offset
    this.#limit = limit
  }

  take({ number, start, end }: Line): void {
    if (number < this.#first || this.#next !== undefined) return
    const row = this.#text.slice(start, end)
    if (this.#rows.length < this.#limit && this.#room.take(row)) this.#rows.push(row)
    else this.#next = number
  }

  get taken(): Taken {
    return { rows: this.#rows, first: this.#first, last: this.#first + this.#rows.length - 1, next: this.#next, matches: 0 }
  }
}

/** Takes the lines that have a match, with the line before and the line after each, and their numbers. */
class MatchTaker implements Taker {
  readonly #text: string
  readonly #first: number
  readonly #limit: number
  readonly #matches: Matches
  readonly #room = new Room()
  readonly #rows = new Map<number, string>()
  #before: Line | undefined
  #isAfterMatch = false
  #count = 0
  #next: number | undefined

  constructor(text: string, { offset = 1, limit = Number.POSITIVE_INFINITY }: ReadRange, find: string) {
    this.#text = text
    this.#first = offset
    this.#limit = limit
    this.#matches = new Matches(text, find)
  }

  take(line: Line): void {
    const isMatch = this.#matches.areIn(line)
    if (line.number < this.#first || this.#next !== undefined) return
    if (isMatch) this.#takeMatch(line)
    else if (this.#isAfterMatch) this.#show(line)
    this.#isAfterMatch = isMatch
    this.#before = line
  }

  get taken(): Taken {
    const numbers = [...this.#rows.keys()]
    return { rows: withGaps(this.#rows), first: numbers[0] ?? this.#first, last: numbers.at(-1) ?? this.#first, next: this.#next, matches: this.#count }
  }

  #takeMatch(line: Line): void {
    const isShown = this.#count < this.#limit && (this.#before === undefined || this.#show(this.#before)) && this.#show(line)
    if (isShown) this.#count++
    else this.#next = line.number
  }

  #show({ number, start, end }: Line): boolean {
    if (this.#rows.has(number)) return true
    const row = `${number}: ${this.#text.slice(start, end)}`
    // A gap may come before it.
    if (!this.#room.take(`${gap}\n${row}`)) return false
    this.#rows.set(number, row)
    return true
  }
}

// A line between two groups that do not follow each other.
function withGaps(shown: ReadonlyMap<number, string>): readonly string[] {
  return [...shown].flatMap(([number, row], index) => (index > 0 && !shown.has(number - 1) ? [gap, row] : [row]))
}

/** The bytes that are left for what is shown. */
class Room {
  #left = maxShownBytes - headBytes

  /** Takes the room of a row with its line end; false when there is not enough. */
  take(row: string): boolean {
    const bytes = Buffer.byteLength(row) + 1
    if (bytes > this.#left) return false
    this.#left -= bytes
    return true
  }
}

/** The matches of a text, whatever their letter case. */
class Matches {
  readonly #text: string
  readonly #pattern: RegExp
  #start = 0
  #end = 0

  constructor(text: string, find: string) {
    this.#text = text
    this.#pattern = new RegExp(find.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi')
  }

  /** True when a match is in the line, or a part of one. Lines are asked for in order. */
  areIn({ start, end }: Line): boolean {
    while (this.#end <= start) this.#findNext()
    return this.#start < end || this.#start === start
  }

  #findNext(): void {
    const match = this.#pattern.exec(this.#text)
    this.#start = match?.index ?? Number.POSITIVE_INFINITY
    this.#end = match === null ? Number.POSITIVE_INFINITY : this.#pattern.lastIndex
  }
}

function* linesOf(text: string): Generator<Line> {
  let number = 0
  for (let start = 0; start < text.length; ) {
    const lineEnd = text.indexOf('\n', start)
    const stop = lineEnd === -1 ? text.length : lineEnd
    // A carriage return before the line feed is part of the line end.
    const end = lineEnd > start && text[lineEnd - 1] === '\r' ? lineEnd - 1 : stop
    for (const [from, to] of piecesOf(text, start, end)) yield { number: ++number, start: from, end: to }
    start = stop + 1
  }
}

/** A line, in pieces where it is long. No character is split. */
function* piecesOf(text: string, start: number, end: number): Generator<readonly [from: number, to: number]> {
  let from = start
  while (end - from > maxLineLength) {
    const last = text.charCodeAt(from + maxLineLength - 1)
    const to = from + maxLineLength - (last >= 0xd800 && last <= 0xdbff ? 1 : 0)
    yield [from, to]
    from = to
  }
  yield [from, end]
}

function count(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`
}

function shortened(find: string): string {
  return JSON.stringify(find.length > maxShownQuery ? `${find.slice(0, maxShownQuery)}…` : find)
}
