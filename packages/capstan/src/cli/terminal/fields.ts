import type { Json } from '@capstan/core'
import { escapePointer, isJsonObject } from '@capstan/core/internal'
import { countCharacters } from './characters.ts'
import { count } from './count.ts'
import { codePointOf, type Hidden } from './reveal.ts'
import { ShownText, say } from './shown-text.ts'
import { widthOf } from './wrap.ts'

/** A named value that a person decides about. */
export interface Field {
  readonly name: ShownText
  readonly value: Json
  /** JSON pointer to the value. Default: empty, for the complete value. */
  readonly at?: string
  /** What is known about the value. */
  readonly note?: ShownText | undefined
}

/** The room for fields. */
export interface Room {
  /** Columns of a line; `Infinity` for no limit. */
  readonly columns: number
  /** Lines for all fields together; `Infinity` for no limit. */
  readonly lines: number
}

/** Fields as lines. If something is cut, a line says how much. */
export interface FieldLines {
  readonly lines: readonly ShownText[]
  readonly isCut: boolean
}

const maxDepth = 50
/** What is in a field with a longer name is shown as one value: else a long name would be repeated for each value in it. */
const maxParentLength = 100

/** Makes one field for each value inside a value, in order. Names are paths such as `lines[0].amount`. */
export function fieldsOf(value: Json, name: ShownText): readonly Field[] {
  const fields: Field[] = []
  addFields(fields, { name, value }, 0)
  return fields
}

function addFields(fields: Field[], field: Field, depth: number): void {
  const { name, value, at = '' } = field
  const isList = Array.isArray(value)
  const isOne = (!isList && !isJsonObject(value)) || depth > maxDepth || name.length > maxParentLength || Object.keys(value).length === 0
  if (isOne) fields.push(field)
  else if (isList)
    for (const [index, item] of value.entries()) addFields(fields, { name: say`${name}[${index}]`, value: item, at: `${at}/${index}` }, depth + 1)
  else
    for (const [key, item] of Object.entries(value))
      addFields(fields, { name: nameOf(name, key), value: item ?? null, at: `${at}/${escapePointer(key)}` }, depth + 1)
}

function nameOf(parent: ShownText, key: string): ShownText {
  const isPlain = /^[A-Za-z_$][\w$-]*$/.test(key)
  if (parent.isEmpty) return isPlain ? say`${key}` : ShownText.strict(key)
  return isPlain ? say`${parent}.${key}` : say`${parent}[${ShownText.strict(key)}]`
}

interface Block {
  readonly lines: readonly ShownText[]
  readonly notes: readonly ShownText[]
}

/**
 * Shows fields. Each field begins on a new line, with the length of its text. Continuation lines begin with a bar, so that no value can look
 * like a field. If there are too many lines for the room, long values are cut first, then fields.
 */
export function showFields(fields: readonly Field[], { columns, lines: room }: Room): FieldLines {
  const blocks = fields.map((field) => blockOf(field, columns))
  const kept = [Number.POSITIVE_INFINITY, 8, 4, 2, 1].find((most) => sum(blocks.map((block) => sizeOf(block, most))) <= room) ?? 1
  const lines: ShownText[] = []
  let isCut = false
  for (const [index, block] of blocks.entries()) {
    if (lines.length + sizeOf(block, kept) > room) {
      lines.push(say`  … ${(blocks.length - index).toLocaleString('en-US')} more ${blocks.length - index === 1 ? 'field' : 'fields'}`)
      return { lines, isCut: true }
    }
    isCut ||= block.lines.length > kept + 1
    for (const line of cutLines(block, kept)) lines.push(line)
    for (const note of block.notes) lines.push(note)
  }
  return { lines, isCut }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function sizeOf({ lines, notes }: Block, most: number): number {
  return Math.min(lines.length, most + 1) + notes.length
}

function cutLines({ lines }: Block, most: number): readonly ShownText[] {
  // The line that says how much is missing takes as much room as one more line of the text.
  if (lines.length <= most + 1) return lines
  const missing = sum(lines.slice(most).map((line) => countCharacters(line.toString()) - gutter.length))
  return [...lines.slice(0, most), say`${gutter}… ${missing.toLocaleString('en-US')} more characters`]
}

const indent = '  '
const gutter = '  | '

function blockOf({ name, value, note }: Field, columns: number): Block {
  const found = new Map<string, Found>()
  const shown = ShownText.strict(value, (hidden) => {
    const known = found.get(hidden.character)
    if (known === undefined) found.set(hidden.character, { hidden, times: 1 })
    else {
      known.hidden = hidden
      known.times++
    }
  })
  const facts = [...(typeof value === 'string' ? [say`${count(countCharacters(value), 'character')}`] : []), ...(note === undefined ? [] : [note])]
  const about = facts.length === 0 ? ShownText.empty : say` (${ShownText.join(facts, ', ')})`
  return { lines: breakLine(say`${name}${about}: ${shown}`, columns), notes: found.size === 0 ? [] : breakLine(noteOf(name, [...found.values()]), columns) }
}

/** A kind of hidden character, as it was found last, and how often it was found. */
interface Found {
  hidden: Hidden
  times: number
}

const maxNoted = 6

function noteOf(name: ShownText, found: readonly Found[]): ShownText {
  const kinds = found.slice(0, maxNoted).map(({ hidden: { character, reason }, times }) => {
    return say`${codePointOf(character)} ${times > 1 ? say`×${times} ` : ShownText.empty}(${reason})`
  })
  const more = found.length > maxNoted ? say`, and ${found.length - maxNoted} more kinds` : ShownText.empty
  return say`! ${name} has ${ShownText.join(kinds, ', ')}${more}`
}

/** Breaks a line between any two characters. All lines except the first begin with a bar. */
function breakLine(shown: ShownText, columns: number): readonly ShownText[] {
  if (columns === Number.POSITIVE_INFINITY) return [say`${indent}${shown}`]
  const text = shown.toString()
  const width = columns - gutter.length - 1
  const lines: ShownText[] = []
  let [start, column] = [0, 0]
  const endLine = (end: number): void => {
    const margin = lines.length === 0 ? indent : gutter
    lines.push(shown.change(() => margin + text.slice(start, end)))
    ;[start, column] = [end, 0]
  }
  for (let offset = 0; offset < text.length; ) {
    const length = unbrokenAt(text, offset)
    const added = length === escapeLength ? escapeLength : widthOf(text.slice(offset, offset + length))
    if (column + added > width) endLine(offset)
    column += added
    offset += length
  }
  endLine(text.length)
  return lines
}

const escapeSequence = /\\u[0-9a-f]{4}/y
const escapeLength = 6

/** The length of what stays on one line: a character, or an escape sequence. */
function unbrokenAt(text: string, offset: number): number {
  if (text[offset] !== '\\') return (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1
  escapeSequence.lastIndex = offset
  if (escapeSequence.test(text)) return escapeLength
  return (text.codePointAt(offset + 1) ?? 0) > 0xffff ? 3 : Math.min(2, text.length - offset)
}
