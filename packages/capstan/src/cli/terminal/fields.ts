import type { Json } from '@capstan/core'
import { isJsonObject } from '@capstan/core/internal'
import { count } from './count.ts'
import { codePointOf, type Hidden } from './reveal.ts'
import { ShownText, say } from './shown-text.ts'
import { widthOf } from './wrap.ts'

/** A named value that a person decides about. */
export interface Field {
  readonly name: ShownText
  readonly value: Json
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

/** Makes one field for each value inside a value, in order. Names are paths such as `lines[0].amount`. */
export function fieldsOf(value: Json, name: ShownText, depth = 0): readonly Field[] {
  const isList = Array.isArray(value)
  if ((!isList && !isJsonObject(value)) || depth > maxDepth || Object.keys(value).length === 0) return [{ name, value }]
  return Object.entries(value).flatMap(([key, item]) => fieldsOf(item ?? null, isList ? say`${name}[${key}]` : nameOf(name, key), depth + 1))
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
    lines.push(...cutLines(block, kept), ...block.notes)
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
  const missing = sum(lines.slice(most).map((line) => [...line.toString()].length - gutter.length))
  return [...lines.slice(0, most), say`${gutter}… ${missing.toLocaleString('en-US')} more characters`]
}

const indent = '  '
const gutter = '  | '

function blockOf({ name, value }: Field, columns: number): Block {
  const found = new Map<string, { readonly hidden: Hidden; readonly times: number }>()
  const shown = ShownText.strict(value, (hidden) => {
    found.set(hidden.character, { hidden, times: (found.get(hidden.character)?.times ?? 0) + 1 })
  })
  const length = typeof value === 'string' ? say` (${count([...value].length, 'character')})` : ShownText.empty
  return { lines: breakLine(say`${name}${length}: ${shown}`, columns), notes: found.size === 0 ? [] : breakLine(noteOf(name, [...found.values()]), columns) }
}

const maxNoted = 6

function noteOf(name: ShownText, found: readonly { readonly hidden: Hidden; readonly times: number }[]): ShownText {
  const kinds = found.slice(0, maxNoted).map(({ hidden: { character, reason }, times }) => {
    return say`${codePointOf(character)} ${times > 1 ? say`×${times} ` : ShownText.empty}(${reason})`
  })
  const more = found.length > maxNoted ? say`, and ${found.length - maxNoted} more kinds` : ShownText.empty
  return say`! ${name} has ${ShownText.join(kinds, ', ')}${more}`
}

/** Breaks a line between any two characters. All lines except the first begin with a bar. */
function breakLine(text: ShownText, columns: number): readonly ShownText[] {
  if (columns === Number.POSITIVE_INFINITY) return [say`${indent}${text}`]
  const pieces: string[] = []
  const width = columns - gutter.length - 1
  let [piece, column] = ['', 0]
  // An escape sequence stays on one line.
  for (const [character] of text.toString().matchAll(/\\u[0-9a-f]{4}|\\?./gsu)) {
    const added = widthOf(character)
    if (column + added > width) {
      pieces.push(piece)
      ;[piece, column] = ['', 0]
    }
    piece += character
    column += added
  }
  return [...pieces, piece].map((line, index) => text.change(() => `${index === 0 ? indent : gutter}${line}`))
}
