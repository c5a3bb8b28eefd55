import { ToolError } from '@capstan/core'

/** One symbol of an expression. `position` counts characters from 1. */
export interface Token {
  readonly kind: 'number' | 'name' | 'symbol' | 'end'
  readonly text: string
  readonly position: number
  /** True when white space precedes it. */
  readonly isSpaced: boolean
}

const maxLength = 1_000
const maxDigits = 100
const numberForm = /^(?:\d+(?:,\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5}(?![\w.]))?/
const groupedForm = /^\d{1,3}(?:,\d{3})+(?:\.\d*)?(?:[eE]|$)/
const lookalikes: Readonly<Record<string, string>> = { '×': '*', '·': '*', '÷': '/', '−': '-', '–': '-' }

/**
 * Splits an expression into tokens. A comma in a number is a thousands separator (`2,340`), except among the arguments of a function.
 *
 * @throws {ToolError} For an invalid token. The message gives the position and how to fix it.
 */
export function tokenise(expression: string): readonly Token[] {
  if (expression.length > maxLength)
    throw new ToolError(`The expression has ${expression.length} characters; at most ${maxLength} are allowed. Split it into several calls.`)
  const tokens: Token[] = []
  const calls: boolean[] = []
  let index = 0
  while (index < expression.length) {
    const space = /^\s*/.exec(expression.slice(index))?.[0].length ?? 0
    index += space
    if (index >= expression.length) break
    const token = readToken(expression.slice(index), { position: index + 1, isSpaced: space > 0, isArgument: calls.at(-1) === true })
    if (token.text === '(') calls.push(tokens.at(-1)?.kind === 'name' && tokens.at(-1)?.text !== 'of')
    if (token.text === ')') calls.pop()
    tokens.push(token.kind === 'number' ? { ...token, text: token.text.replaceAll(',', '') } : token)
    index += token.text.length
  }
  return [...tokens, { kind: 'end', text: '', position: expression.length + 1, isSpaced: false }]
}

interface Place {
  readonly position: number
  readonly isSpaced: boolean
  readonly isArgument: boolean
}

function readToken(rest: string, { position, isSpaced, isArgument }: Place): Token {
  const number = numberForm.exec(rest)?.[0]
  if (number !== undefined) return { kind: 'number', text: readNumber(number, position, isArgument), position, isSpaced }
  const name = /^[A-Za-z]+/.exec(rest)?.[0]
  if (name !== undefined) return { kind: 'name', text: name.toLowerCase(), position, isSpaced }
  if (rest.startsWith('**')) return { kind: 'symbol', text: '**', position, isSpaced }
  const [character = ''] = rest
  const symbol = lookalikes[character] ?? character
  if ('+-*/%^(),'.includes(symbol)) return { kind: 'symbol', text: symbol, position, isSpaced }
  throw new ToolError(
    `Unexpected ${JSON.stringify(character)} at position ${position}. Use numbers, + - * / % ^, parentheses and functions; no units, currencies or variables.`,
  )
}

function readNumber(text: string, position: number, isArgument: boolean): string {
  const [head = ''] = text.split(',')
  if (text.replace(/[eE].*$/, '').replace(/\D/g, '').length > maxDigits)
    throw new ToolError(`The number at position ${position} has more than ${maxDigits} digits.`)
  if (!text.includes(',')) return text
  if (!isArgument) {
    if (groupedForm.test(text)) return text
    throw new ToolError(`The comma in "${text}" at position ${position} does not separate thousands. Write decimals with a point: 2340.5.`)
  }
  // Among arguments, `2,340` can mean one number or two. A wrong guess would give a wrong result without an error.
  if (/^\d{1,3},\d{3}(?!\d)/.test(text)) {
    throw new ToolError(
      `"${text}" at position ${position} can mean one number or several. In the arguments of a function, write no thousands separators and put a space after each comma: max(2340, 5).`,
    )
  }
  return head
}
