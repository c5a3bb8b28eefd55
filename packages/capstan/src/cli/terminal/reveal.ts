import { type Character, describeCharacter, eachCharacter } from './characters.ts'
import { findLookAlikes, type Reading } from './look-alikes.ts'

/** A character that a terminal does not show, or that can be mistaken for another one. */
export interface Hidden {
  readonly character: string
  /** The reason why it is made visible, for people. */
  readonly reason: string
  /** The number of equal characters in sequence in prose; 1 in strict mode. */
  readonly times: number
}

/**
 * Replaces each character that a terminal does not show clearly: control characters, blanks, invisible characters, stacked marks, and
 * letters that can be mistaken for others.
 *
 * @param replace - Returns the visible form.
 */
export function reveal(text: string, reading: Reading, replace: (hidden: Hidden) => string): string {
  if (/^[ -~]*$/.test(text)) return text
  const lookAlikes = findLookAlikes(text, reading)
  const writer = new Writer(text, reading === 'prose', replace)
  eachCharacter(text, (codePoint, offset) => {
    const reason = reasonOf(codePoint, { text, offset, reading }) ?? lookAlikes[offset]
    if (reason !== undefined) writer.replace(String.fromCodePoint(codePoint), reason, offset)
  })
  return writer.end()
}

/** Joins unchanged and replaced text. In prose, a sequence of equal characters is replaced together. */
class Writer {
  readonly #text: string
  readonly #isJoining: boolean
  readonly #replace: (hidden: Hidden) => string
  readonly #parts: string[] = []
  #last: Hidden | undefined
  /** The position of the first character that is not written yet. */
  #from = 0

  constructor(text: string, isJoining: boolean, replace: (hidden: Hidden) => string) {
    this.#text = text
    this.#isJoining = isJoining
    this.#replace = replace
  }

  replace(character: string, reason: string, offset: number): void {
    const last = this.#last
    const isRun = this.#isJoining && last?.character === character && this.#from === offset
    if (!isRun) this.#flush(offset)
    this.#last = { character, reason, times: isRun ? (last?.times ?? 0) + 1 : 1 }
    this.#from = offset + character.length
  }

  end(): string {
    this.#flush(this.#text.length)
    return this.#parts.join('')
  }

  #flush(to: number): void {
    if (this.#last !== undefined) this.#parts.push(this.#replace(this.#last))
    this.#last = undefined
    if (to > this.#from) this.#parts.push(this.#text.slice(this.#from, to))
  }
}

interface Position {
  readonly text: string
  readonly offset: number
  readonly reading: Reading
}

function reasonOf(codePoint: number, position: Position): string | undefined {
  const { hidden, isMark, isFreeMark } = describeCharacter(codePoint)
  if (hidden === undefined && !isMark) return undefined
  const isProse = position.reading === 'prose'
  if (hidden !== undefined) return isProse && isOrdinary(codePoint, position) ? undefined : hidden
  return (isProse ? isStacked(position) : isFreeMark) ? 'a mark on the character before it' : undefined
}

/** True for the third mark on a character. */
function isStacked({ text, offset }: Position): boolean {
  const [second, first] = [...text.slice(Math.max(0, offset - 4), offset)].reverse()
  return isMarkOf(first) && isMarkOf(second)
}

function isMarkOf(character: string | undefined): boolean {
  return character !== undefined && describeCharacter(character.codePointAt(0) ?? 0).isMark
}

const lineFeed = 10
const tab = 9

/** True for a hidden character that is ordinary in running text: emoji sequences, joiners inside words, single typographic spaces. */
function isOrdinary(codePoint: number, { text, offset }: Position): boolean {
  if (codePoint === lineFeed || codePoint === tab) return true
  const before = [...text.slice(Math.max(0, offset - 2), offset)].at(-1) ?? ' '
  const after = [...text.slice(offset + 1, offset + 3)][0] ?? ' '
  const [left, right] = [before, after].map((character) => describeCharacter(character.codePointAt(0) ?? 0)) as [Character, Character]
  switch (String.fromCodePoint(codePoint)) {
    case '\ufe0f':
    case '\ufe0e':
      return left.isPictograph || (/^[#*0-9]$/.test(before) && after === '\u20e3')
    case '\u200d':
    case '\u200c':
      return (left.isPictograph && right.isPictograph) || ((left.usesJoiners || left.isMark) && right.usesJoiners)
    case '\u00a0':
    case '\u2009':
    case '\u202f':
    case '\u3000':
      return [before, after].every((character) => character !== ' ') && left.hidden === undefined && right.hidden === undefined
    default:
      return false
  }
}

/** `U+202E` */
export function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
