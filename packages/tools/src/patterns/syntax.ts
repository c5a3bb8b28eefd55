import { type CharacterSet, literalSet, makeSet } from './character-set.ts'

/** A regular expression as a tree. */
export type PatternNode =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly body: PatternNode; readonly min: number; readonly max: number }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'look'; readonly isBehind: boolean; readonly isNegated: boolean; readonly body: PatternNode }

/** A condition on a position between two characters. */
export type Edge = 'start' | 'end' | 'line-start' | 'line-end' | 'boundary' | 'no-boundary'

/** A parsed pattern. */
export interface Pattern {
  readonly root: PatternNode
  /** True when it matches code points, false when it matches UTF-16 units. */
  readonly isUnicode: boolean
}

/** Thrown for a pattern that cannot be parsed. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

const noFlags: Flags = { ignoreCase: false, multiline: false, dotAll: false }
const maxNesting = 200

/**
 * Parses the pattern of a JSON Schema: a regular expression of JavaScript, with the `u` flag if it is valid with it, otherwise without.
 * Syntax of other languages that JavaScript does not accept is accepted if its meaning is clear: `(?i)`, `(?P<name>…)`, `\A`, `\z`.
 *
 * @throws {PatternError} For back references, which cannot be matched in linear time, and for patterns that none of these languages accepts.
 */
export function readPattern(source: string): Pattern {
  const mode = compiles(source, 'u') ? 'unicode' : compiles(source, '') ? 'legacy' : 'foreign'
  return new PatternReader(source, mode).read()
}

function compiles(source: string, flags: string): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp
  } catch {
    return false
  }
}

type Mode = 'unicode' | 'legacy' | 'foreign'

/** Recursive descent over the characters of one pattern. */
class PatternReader {
  readonly #source: string
  readonly #mode: Mode
  readonly #isUnicode: boolean
  #index = 0
  #flags = noFlags
  #depth = 0

  constructor(source: string, mode: Mode) {
    this.#source = source
    this.#mode = mode
    this.#isUnicode = mode !== 'legacy'
  }

  read(): Pattern {
    const root = this.#choice()
    if (this.#index < this.#source.length) throw new PatternError(`unexpected ${JSON.stringify(this.#peek())}`)
    return { root, isUnicode: this.#isUnicode }
  }

  #peek(length = 1): string {
    return this.#source.slice(this.#index, this.#index + length)
  }

  #take(expected: string): boolean {
    if (!this.#source.startsWith(expected, this.#index)) return false
    this.#index += expected.length
    return true
  }

  /** Consumes what a sticky expression matches at the current index. */
  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#index
    const match = expression.exec(this.#source)
    if (match === null) return undefined
    this.#index += match[0].length
    return match
  }

  #choice(): PatternNode {
    if (++this.#depth > maxNesting) throw new PatternError(`it is nested deeper than ${maxNesting} levels`)
    const outer = this.#flags
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    this.#flags = outer
    this.#depth--
    const [only] = options
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options }
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = []
    while (this.#index < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')') parts.push(this.#quantified(this.#term()))
    return { kind: 'sequence', parts }
  }

  #quantified(body: PatternNode): PatternNode {
    const match = this.#match(/([*+?])|\{(\d+)(?:(,)(\d*))?\}/y)
    if (match === undefined) return body
    // Whether a repetition is lazy does not change whether a text matches.
    this.#take('?')
    const [, symbol, min = '0', comma, max] = match
    if (symbol !== undefined) return { kind: 'repeat', body, min: symbol === '+' ? 1 : 0, max: symbol === '?' ? 1 : Number.POSITIVE_INFINITY }
    const most = comma === undefined ? Number(min) : max === '' ? Number.POSITIVE_INFINITY : Number(max)
    return { kind: 'repeat', body, min: Number(min), max: most }
  }

  #term(): PatternNode {
    if (this.#take('^')) return { kind: 'edge', edge: this.#flags.multiline ? 'line-start' : 'start' }
    if (this.#take('$')) return { kind: 'edge', edge: this.#flags.multiline ? 'line-end' : 'end' }
    if (this.#take('(')) return this.#group()
    const found = this.#match(/\[\^?(?:[^\]\\]|\\[\s\S])*\]|\./y)
    if (found !== undefined) return this.#set(found[0])
    if (this.#peek() === '\\') return this.#escape()
    if (this.#match(/[*+?[]|\{\d+(?:,\d*)?\}/y) !== undefined) throw new PatternError(`unexpected character at ${this.#index}`)
    const character = this.#isUnicode ? String.fromCodePoint(this.#source.codePointAt(this.#index) ?? 0) : this.#peek()
    this.#index += character.length
    return this.#literal(character)
  }

  #group(): PatternNode {
    const look = this.#match(/\?(<?)([=!])/y)
    if (look !== undefined) return { kind: 'look', isBehind: look[1] === '<', isNegated: look[2] === '!', body: this.#closed(this.#choice()) }
    const flags = this.#match(/\?([ims]*)(?:-([ims]+))?([:)])/y)
    if (flags === undefined) {
      if (this.#peek() === '?' && this.#match(/\?P?<[^>=!]+>/y) === undefined) throw new PatternError(`unknown group ${this.#peek(3)}`)
      return this.#closed(this.#choice())
    }
    const [, on = '', off = '', end] = flags
    const outer = this.#flags
    this.#flags = changeFlags(outer, on, off)
    // Without a colon, the flags apply until the end of the surrounding group, which restores them.
    if (end === ')') return { kind: 'sequence', parts: [] }
    const body = this.#closed(this.#choice())
    this.#flags = outer
    return body
  }

  #closed(body: PatternNode): PatternNode {
    if (!this.#take(')')) throw new PatternError('a group is not closed')
    return body
  }

  #escape(): PatternNode {
    const edge = this.#match(/\\([bBAzZ])/y)?.[1]
    if (edge !== undefined) return { kind: 'edge', edge: edges[edge] ?? 'end' }
    if (this.#match(/\\(?:[1-9]|k<)/y) !== undefined) throw new PatternError('back references are not supported')
    const found = this.#match(this.#isUnicode ? unicodeEscape : legacyEscape)
    if (found === undefined) throw new PatternError('it ends with a backslash')
    return this.#set(found[0])
  }

  #literal(character: string): PatternNode {
    if (!this.#flags.ignoreCase) return { kind: 'set', set: literalSet(character) }
    return this.#set(character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&'))
  }

  #set(source: string): PatternNode {
    const flags = `${this.#isUnicode ? 'u' : ''}${this.#flags.ignoreCase ? 'i' : ''}${this.#flags.dotAll ? 's' : ''}`
    // JavaScript does not accept the complete pattern, so this part may be the invalid one.
    if (this.#mode === 'foreign' && !compiles(source, flags)) throw new PatternError(`unknown ${source}`)
    return { kind: 'set', set: makeSet(source, flags) }
  }
}

const edges: Readonly<Record<string, Edge>> = { b: 'boundary', B: 'no-boundary', A: 'start', z: 'end', Z: 'end' }
const unicodeEscape =
  /\\(?:u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|c[A-Za-z]|[\s\S])/uy
const legacyEscape = /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|0[0-7]{0,2}|[\s\S])/y

function changeFlags(flags: Flags, on: string, off: string): Flags {
  const change = (flag: string, before: boolean): boolean => on.includes(flag) || (before && !off.includes(flag))
  return { ignoreCase: change('i', flags.ignoreCase), multiline: change('m', flags.multiline), dotAll: change('s', flags.dotAll) }
}
