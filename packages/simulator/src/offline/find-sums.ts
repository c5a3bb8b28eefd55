import { blank, type Wish } from './wish.ts'

const NUMBER = '(?:\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.\\d+)?'
const REFERENCE = '(?:the|that|this) (?:first |second )?(?:result|number|amount|sum|value|total|answer|figure|product)|it|that|this'
const VALUE = `[$€£¥]?(${NUMBER}|(?:${REFERENCE})\\b)`
const LIST = `((?:${NUMBER})(?:(?:,? and |, )${NUMBER})+)`

/** Builds an expression from the captured values. */
type Build = (values: readonly string[]) => string

interface Pattern {
  readonly regex: RegExp
  readonly build: Build
}

const at = (values: readonly string[], index: number): string => values[index] ?? ''

const patterns: readonly Pattern[] = [
  pattern(`(${NUMBER})\\s*(?:%|percent|per cent) of (?:the )?${VALUE}`, (v) => `${at(v, 1)} * ${at(v, 0)} / 100`),
  pattern(`(${NUMBER})\\s*(?:%|percent) (?:off|discount on) ${VALUE}`, (v) => `${at(v, 1)} * (100 - ${at(v, 0)}) / 100`),
  pattern(`(?:increase|raise) ${VALUE} by (${NUMBER})\\s*(?:%|percent)`, (v) => `${at(v, 0)} * (100 + ${at(v, 1)}) / 100`),
  pattern(`(?:decrease|reduce|lower) ${VALUE} by (${NUMBER})\\s*(?:%|percent)`, (v) => `${at(v, 0)} * (100 - ${at(v, 1)}) / 100`),
  pattern(`square root of ${VALUE}`, (v) => `sqrt(${at(v, 0)})`),
  pattern(`(?:multiply) ${VALUE} (?:by|with|and) ${VALUE}`, (v) => `${at(v, 0)} * ${at(v, 1)}`),
  pattern(`(?:divide) ${VALUE} by ${VALUE}`, (v) => `${at(v, 0)} / ${at(v, 1)}`),
  pattern(`add ${VALUE} (?:to|and) ${VALUE}`, (v) => `${at(v, 1)} + ${at(v, 0)}`),
  pattern(`subtract ${VALUE} from ${VALUE}`, (v) => `${at(v, 1)} - ${at(v, 0)}`),
  pattern(`(?:double|twice) ${VALUE}`, (v) => `${at(v, 0)} * 2`),
  pattern(`half of ${VALUE}`, (v) => `${at(v, 0)} / 2`),
  pattern(`(?:sum|total) of ${LIST}`, (v) => listOf(at(v, 0)).join(' + ')),
  pattern(`product of ${LIST}`, (v) => listOf(at(v, 0)).join(' * ')),
  pattern(`(?:average|mean) of ${LIST}`, (v) => `(${listOf(at(v, 0)).join(' + ')}) / ${listOf(at(v, 0)).length}`),
  pattern(`difference (?:between|of) ${VALUE} and ${VALUE}`, (v) => `${at(v, 0)} - ${at(v, 1)}`),
]

const OPERATORS: readonly (readonly [RegExp, string])[] = [
  [/^(?:\*\*|\^|to the power of\b)/i, '^'],
  [/^(?:\+|plus\b)/i, '+'],
  [/^(?:[-−–]|minus\b)/i, '-'],
  [/^(?:[*×·]|times\b|multiplied by\b|x(?=[\s\d(]))/i, '*'],
  [/^(?:[/÷]|divided by\b|over\b)/i, '/'],
]

/** Finds sums in a clause: percentages, "the sum of", and expressions. Dates must be blanked out before. */
export function findSums(clause: string): readonly Wish[] {
  let rest = clause
  const wishes: Wish[] = []
  for (const { regex, build } of patterns) {
    for (const found of rest.matchAll(regex)) {
      const values = found.slice(1).map((value) => (value === undefined ? '' : readValue(value)))
      wishes.push(sum(found[0], found.index, build(values)))
      rest = blank(rest, found.index, found.index + found[0].length)
    }
  }
  return [...wishes, ...findExpressions(rest)]
}

function pattern(source: string, build: Build): Pattern {
  return { regex: new RegExp(`(?<![\\w.])${source}(?![\\w]|\\.\\d|\\s*%)`, 'gi'), build }
}

function sum(phrase: string, start: number, expression: string): Wish {
  return { kind: 'calculate', values: { expression }, phrase: phrase.trim(), start, end: start + phrase.length }
}

/** A number without separators; "that" and its like become a place holder. A list stays as it is. */
function readValue(text: string): string {
  if (/ and |, /.test(text)) return text
  return /^\d/.test(text) ? text.replaceAll(',', '') : '{number}'
}

function listOf(text: string): readonly string[] {
  return text.split(/,? and |, /).map(readValue)
}

interface Token {
  readonly kind: 'number' | 'operator' | 'open' | 'close'
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Finds infix expressions, in signs or in words. */
function findExpressions(text: string): readonly Wish[] {
  const wishes: Wish[] = []
  let run: Token[] = []
  const flush = (): void => {
    const tokens = trimRun(run)
    const [first] = tokens
    const last = tokens.at(-1)
    if (first !== undefined && last !== undefined && isExpression(tokens)) {
      wishes.push(sum(text.slice(first.start, last.end), first.start, writeExpression(tokens)))
    }
    run = []
  }
  for (let index = 0; index < text.length; ) {
    if (text[index] === ' ') {
      index += 1
      continue
    }
    const token = readToken(text, index, run.at(-1))
    if (token === undefined) flush()
    else run.push(token)
    index = token === undefined ? skipWord(text, index) : token.end
  }
  flush()
  return wishes
}

function skipWord(text: string, index: number): number {
  const word = /^[\p{L}\p{N}_]+/u.exec(text.slice(index))
  return index + (word === null ? 1 : word[0].length)
}

function readToken(text: string, index: number, previous: Token | undefined): Token | undefined {
  const rest = text.slice(index, index + 40)
  const make = (kind: Token['kind'], written: string, length: number): Token => ({ kind, text: written, start: index, end: index + length })
  const number = new RegExp(`^${NUMBER}(?![\\p{L}\\d])`, 'u').exec(rest)
  if (number !== null) return make('number', number[0].replaceAll(',', ''), number[0].length)
  const reference = new RegExp(`^(?:${REFERENCE})\\b`, 'i').exec(rest)
  if (reference !== null && previous?.kind !== 'number') return make('number', '{number}', reference[0].length)
  if (rest.startsWith('(')) return make('open', '(', 1)
  if (rest.startsWith(')')) return make('close', ')', 1)
  for (const [regex, written] of OPERATORS) {
    const found = regex.exec(rest)
    if (found !== null && previous !== undefined) return make('operator', written, found[0].length)
  }
  return undefined
}

/** Drops what cannot begin or end an expression. */
function trimRun(run: readonly Token[]): readonly Token[] {
  const first = run.findIndex(({ kind }) => kind === 'number' || kind === 'open')
  const last = run.findLastIndex(({ kind }) => kind === 'number' || kind === 'close')
  return first === -1 ? [] : run.slice(first, last + 1)
}

/** Whether values and operators alternate, and brackets pair. */
function isExpression(tokens: readonly Token[]): boolean {
  let depth = 0
  let expectsValue = true
  for (const { kind } of tokens) {
    if (beginsValue(kind) !== expectsValue) return false
    depth += DEPTH_CHANGE[kind]
    if (depth < 0) return false
    // After an opening bracket a value is still due; after a closing one it is not.
    expectsValue = kind === 'operator' || kind === 'open'
  }
  const hasOperator = tokens.some(({ kind }) => kind === 'operator')
  return depth === 0 && !expectsValue && hasOperator && tokens.some(({ text }) => /^\d/.test(text))
}

const DEPTH_CHANGE: Readonly<Record<Token['kind'], number>> = { number: 0, operator: 0, open: 1, close: -1 }

function beginsValue(kind: Token['kind']): boolean {
  return kind === 'number' || kind === 'open'
}

function writeExpression(tokens: readonly Token[]): string {
  return tokens
    .map(({ text }) => text)
    .join(' ')
    .replaceAll('( ', '(')
    .replaceAll(' )', ')')
}
