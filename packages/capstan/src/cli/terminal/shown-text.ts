import { styleText } from 'node:util'
import type { Json } from '@capstan/core'
import { describeCharacter } from './characters.ts'
import { codePointOf, type Hidden, reveal } from './reveal.ts'

export type Style = 'dim' | 'bold' | 'red' | 'green' | 'yellow' | 'cyan'

/**
 * Text that may be written to a terminal. `Output` accepts nothing else. It consists of the text of the command and of cleaned text, so
 * text from outside cannot move the cursor, hide other text, or start a new line where it must not.
 */
export class ShownText {
  static readonly empty: ShownText = new ShownText('')
  static readonly newline: ShownText = new ShownText('\n')
  readonly #text: string

  private constructor(text: string) {
    this.#text = text
  }

  /** Text of several lines, such as a reply of a model: line feeds and tabs are kept. */
  static prose(text: string): ShownText {
    return new ShownText(reveal(text.replaceAll('\r\n', '\n'), 'prose', showInProse))
  }

  /** Text that must stay on one line: line feeds and tabs become visible, too. */
  static line(text: string): ShownText {
    return ShownText.prose(text).change((shown) => shown.replace(/[\n\t]/g, (character) => (character === '\n' ? '\\n' : '\\t')))
  }

  /**
   * A value that a person decides about, as JSON on one line. Every character that could mislead is an escape sequence of JSON, so
   * nothing is lost and the text can be copied.
   *
   * @param onHidden - Called for each character that became an escape sequence.
   */
  static strict(value: Json, onHidden: (hidden: Hidden) => void = () => {}): ShownText {
    const replace = (hidden: Hidden): string => {
      onHidden(hidden)
      return escapeJson(hidden.character)
    }
    return new ShownText(writeStrict(value, (text) => `"${reveal(text.replace(/["\\]/g, '\\$&'), 'strict', replace)}"`))
  }

  /** A value for programs, as JSON: a character that a terminal does not show is an escape sequence, so nothing is lost. */
  static json(value: unknown, indent?: number): ShownText {
    const text = JSON.stringify(value, undefined, indent)
    return new ShownText(
      text.replace(/[^ -~\n]/gu, (character) => (describeCharacter(character.codePointAt(0) ?? 0).hidden === undefined ? character : escapeJson(character))),
    )
  }

  /** An argument of a command line to copy, quoted for bash, zsh and ksh if necessary. */
  static shell(word: string): ShownText {
    if (/^[\w@%+=:,./-]+$/.test(word)) return new ShownText(word)
    let isPlain = true
    const escaped = reveal(word.replace(/[\\']/g, '\\$&'), 'strict', ({ character }) => {
      isPlain = false
      return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`
    })
    return new ShownText(isPlain ? `'${word.replaceAll("'", "'\\''")}'` : `$'${escaped}'`)
  }

  /** Text for a pipe or a file: it is not changed. For a terminal, it is cleaned. */
  static exact(text: string, { isTTY = false }: { readonly isTTY?: boolean }): ShownText {
    return isTTY ? ShownText.prose(text) : new ShownText(text)
  }

  /** Template tag for the text of the command. Values that are not `ShownText` are cleaned and stay on the line. */
  static say(words: TemplateStringsArray, ...values: readonly (string | number | ShownText)[]): ShownText {
    const shown = values.map((value) => (value instanceof ShownText ? value : ShownText.line(String(value))))
    return new ShownText(words.reduce((text, word, index) => `${text}${shown[index - 1] ?? ''}${word}`))
  }

  static join(parts: readonly ShownText[], separator = '\n'): ShownText {
    return new ShownText(parts.map((part) => part.#text).join(separator))
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  get length(): number {
    return this.#text.length
  }

  /** For layout, such as line breaks: `change` must not add text from outside. */
  change(change: (text: string) => string): ShownText {
    return new ShownText(change(this.#text))
  }

  styled(style: Style): ShownText {
    return this.#text.trim() === '' ? this : new ShownText(styleText(style, this.#text))
  }

  toString(): string {
    return this.#text
  }
}

/** Short for `ShownText.say`. */
export const say: typeof ShownText.say = ShownText.say

function showInProse({ character, times }: Hidden): string {
  const { hidden, isMark, script } = describeCharacter(character.codePointAt(0) ?? 0)
  const which = hidden === undefined && !isMark && script !== undefined ? ` ${script}` : ''
  return `<${codePointOf(character)}${which}${times > 1 ? ` ×${times}` : ''}>`
}

/** Each character is escaped once in a process. */
const escapes = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

function escapeJson(character: string): string {
  const known = escapes.get(character)
  if (known !== undefined) return known
  const units = Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
  const escaped = units.join('')
  escapes.set(character, escaped)
  return escaped
}

function writeStrict(value: Json, writeText: (text: string) => string): string {
  if (typeof value === 'string') return writeText(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => writeStrict(item, writeText)).join(',')}]`
  return `{${Object.entries(value)
    .map(([key, item]) => `${writeText(key)}:${writeStrict(item ?? null, writeText)}`)
    .join(',')}}`
}
