import { blankOut, type FindTasks, type Task, taskAt } from './task.ts'

const NUMBER = '(?:\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.\\d+)?'
const REFERENCE = '(?:the|that|this) (?:first |second )?(?:result|number|amount|sum|value|total|answer|figure|product)|it|that|this'
const VALUE = `[$€£¥]?(${NUMBER}|(?:${REFERENCE})\\b)`
const LIST = `((?:${NUMBER})(?:(?:,? and |, )${NUMBER})+)`

/** Phrases and their expressions: `$1` is the first value; a function gets the numbers of a list. */
const phrases: readonly (readonly [RegExp, string | ((numbers: readonly string[]) => string)])[] = [
  [phrase(`(${NUMBER})\\s*(?:%|percent|per cent) of (?:the )?${VALUE}`), '$2 * $1 / 100'],
  [phrase(`(${NUMBER})\\s*(?:%|percent) (?:off|discount on) ${VALUE}`), '$2 * (100 - $1) / 100'],
  [phrase(`(?:increase|raise) ${VALUE} by (${NUMBER})\\s*(?:%|percent)`), '$1 * (100 + $2) / 100'],
  [phrase(`(?:decrease|reduce|lower) ${VALUE} by (${NUMBER})\\s*(?:%|percent)`), '$1 * (100 - $2) / 100'],
  [phrase(`${VALUE}\\s*(?:[*×]|times|multiplied by)\\s*(${NUMBER})\\s*(?:%|percent)`), '$1 * $2 / 100'],
  [phrase(`(${NUMBER})\\s*(?:%|percent)\\s*(?:[*×]|times|multiplied by)\\s*${VALUE}`), '$2 * $1 / 100'],
  [phrase(`${VALUE}\\s*(?:\\+|plus)\\s*(${NUMBER})\\s*(?:%|percent)`), '$1 * (100 + $2) / 100'],
  [phrase(`${VALUE}\\s*(?:[-−–]|minus)\\s*(${NUMBER})\\s*(?:%|percent)`), '$1 * (100 - $2) / 100'],
  [phrase(`square root of ${VALUE}`), 'sqrt($1)'],
  [phrase(`multiply ${VALUE} (?:by|with|and) ${VALUE}`), '$1 * $2'],
  [phrase(`divide ${VALUE} by ${VALUE}`), '$1 / $2'],
  [phrase(`add ${VALUE} (?:to|and) ${VALUE}`), '$2 + $1'],
  [phrase(`subtract ${VALUE} from ${VALUE}`), '$2 - $1'],
  [phrase(`(?:double|twice) ${VALUE}`), '$1 * 2'],
  [phrase(`half of ${VALUE}`), '$1 / 2'],
  [phrase(`(?:sum|total) of ${LIST}`), (numbers) => numbers.join(' + ')],
  [phrase(`product of ${LIST}`), (numbers) => numbers.join(' * ')],
  [phrase(`(?:average|mean) of ${LIST}`), (numbers) => `(${numbers.join(' + ')}) / ${numbers.length}`],
  [phrase(`difference (?:between|of) ${VALUE} and ${VALUE}`), '$1 - $2'],
]

/** Finds sums: percentages, "the sum of", and expressions. Dates are not subtractions. */
export const findSums: FindTasks = (clause) => {
  let rest = clause.replace(/\d{4}-\d{2}-\d{2}/g, '          ')
  const tasks: Task[] = []
  for (const [regex, expression] of phrases) {
    const found = [...rest.matchAll(regex)].map((words) => taskAt('calculate', words, { expression: writeSum(expression, words.slice(1)) }))
    tasks.push(...found)
    rest = blankOut(rest, found)
  }
  return [...tasks, ...findExpressions(rest)]
}

function phrase(source: string): RegExp {
  return new RegExp(`(?<![\\w.])${source}(?![\\w]|\\.\\d|\\s*%)`, 'gi')
}

function writeSum(expression: (typeof phrases)[number][1], values: readonly string[]): string {
  if (typeof expression === 'function') return expression((values[0] ?? '').split(/,? and |, /).map(readValue))
  return expression.replace(/\$(\d)/g, (_, number: string) => readValue(values[Number(number) - 1] ?? ''))
}

/** A number without separators; "that" and similar words stand for an earlier result. */
function readValue(text: string): string {
  return /^\d/.test(text) ? text.replaceAll(',', '') : '{number}'
}

/** Operators, and the signs and words that stand for them. */
const operators: Readonly<Record<string, string>> = {
  '^': '\\*\\*|\\^|to the power of\\b',
  '+': '\\+|plus\\b',
  '-': '[-−–]|minus\\b',
  '*': '[*×·]|times\\b|multiplied by\\b|x(?=[\\s\\d(])',
  '/': '[/÷]|divided by\\b|over\\b',
}
const NAMED_TOKENS = [
  `(?<number>${NUMBER}(?![\\p{L}\\d]))`,
  `(?<reference>(?:${REFERENCE})\\b)`,
  `(?<operator>${Object.values(operators).join('|')})`,
  '(?<bracket>[()])',
]
const TOKEN = new RegExp(`${NAMED_TOKENS.join('|')}|[\\p{L}\\p{N}_]+|[^ ]`, 'giu')

interface Token {
  /** A value, an operator, or a bracket. */
  readonly kind: 'v' | 'o' | '(' | ')'
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Finds infix expressions, in signs or in words. */
function findExpressions(text: string): readonly Task[] {
  const runs: Token[][] = [[]]
  for (const found of text.matchAll(TOKEN)) {
    const run = runs.at(-1) ?? []
    const token = readToken(found, run.at(-1))
    if (token === undefined) runs.push([])
    else run.push(token)
  }
  return runs.flatMap((run) => expressionTask(run, text))
}

function readToken(found: RegExpExecArray, previous: Token | undefined): Token | undefined {
  const { number, reference, operator, bracket } = found.groups ?? {}
  const token = (kind: Token['kind'], text: string): Token => ({ kind, text, start: found.index, end: found.index + found[0].length })
  if (number !== undefined) return token('v', readValue(number))
  if (reference !== undefined && previous?.kind !== 'v') return token('v', readValue(reference))
  if (operator !== undefined && previous !== undefined) return token('o', signOf(operator))
  return bracket === '(' || bracket === ')' ? token(bracket, bracket) : undefined
}

function signOf(operator: string): string {
  return Object.keys(operators).find((sign) => new RegExp(`^(?:${operators[sign]})`, 'i').test(`${operator} `)) ?? operator
}

/** The expression in a run of tokens, without what cannot begin or end one. Values and operators must alternate, and brackets pair. */
function expressionTask(run: readonly Token[], text: string): readonly Task[] {
  const shape = run.map(({ kind }) => kind).join('')
  const { index = 0, 0: trimmed = '' } = /[v(](?:.*[v)])?/.exec(shape) ?? {}
  const tokens = run.slice(index, index + trimmed.length)
  const [first, last] = [tokens[0], tokens.at(-1)]
  const isExpression = /^v(?:ov)*$/.test(withoutBrackets(trimmed)) && trimmed.includes('o') && tokens.some((token) => /^\d/.test(token.text))
  if (!isExpression || first === undefined || last === undefined) return []
  const expression = tokens
    .map((token) => token.text)
    .join(' ')
    .replaceAll('( ', '(')
    .replaceAll(' )', ')')
  return [{ kind: 'calculate', values: { expression }, phrase: text.slice(first.start, last.end), start: first.start, end: last.end }]
}

/** A shape in which each expression in brackets is a value. */
function withoutBrackets(shape: string): string {
  const simpler = shape.replace(/\(v(?:ov)*\)/g, 'v')
  return simpler === shape ? shape : withoutBrackets(simpler)
}
