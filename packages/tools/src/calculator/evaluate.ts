import { ToolError } from '@capstan/core'
import {
  absolute,
  add,
  divide,
  greatest,
  least,
  multiply,
  negate,
  power,
  type Quantity,
  quantity,
  remainder,
  roundTo,
  show,
  smallInteger,
  squareRoot,
} from './exact.ts'
import { type Token, tokenise } from './tokens.ts'

const maxDepth = 50
const maxPlaces = 100

/**
 * Evaluates an arithmetic expression.
 *
 * @throws {ToolError} For an invalid expression. The message gives the position and how to fix it.
 */
export function evaluate(expression: string): Quantity {
  const parser = new Parser(tokenise(expression))
  return parser.parseAll()
}

type Operation = (args: readonly Quantity[]) => Quantity

const any = Number.POSITIVE_INFINITY

/** Functions, each with the minimum and maximum number of its arguments. */
const functions: ReadonlyMap<string, { readonly min: number; readonly max: number; readonly apply: Operation }> = new Map([
  ['sqrt', { min: 1, max: 1, apply: first(squareRoot) }],
  ['abs', { min: 1, max: 1, apply: first(absolute) }],
  ['round', { min: 1, max: 2, apply: ([argument = quantity(0), places]) => roundTo(argument, places === undefined ? 0 : toPlaces(places), 'half-up') }],
  ['floor', { min: 1, max: 1, apply: first((argument) => roundTo(argument, 0, 'floor')) }],
  ['ceil', { min: 1, max: 1, apply: first((argument) => roundTo(argument, 0, 'ceil')) }],
  ['min', { min: 1, max: any, apply: (args) => args.reduce(least) }],
  ['max', { min: 1, max: any, apply: (args) => args.reduce(greatest) }],
  ['sum', { min: 1, max: any, apply: (args) => args.reduce(add) }],
])

function first(apply: (argument: Quantity) => Quantity): Operation {
  return ([argument = quantity(0)]) => apply(argument)
}

function toPlaces(places: Quantity): number {
  const count = smallInteger(places, maxPlaces)
  if (count !== undefined) return count
  throw new ToolError(`round() takes a whole number of decimal places from 0 to ${maxPlaces}, not ${show(places)}.`)
}

/** Recursive descent over the tokens of one expression. */
class Parser {
  readonly #tokens: readonly Token[]
  #index = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parseAll(): Quantity {
    if (this.#next().kind === 'end') throw new ToolError('The expression is empty. Give something like 17% of 2,340.')
    const result = this.#sum()
    const token = this.#next()
    if (token.kind !== 'end') throw unexpected(token, 'an operator or the end')
    return result
  }

  #next(): Token {
    // tokenise() always ends with an `end` token, which is never consumed.
    return this.#tokens[this.#index] as Token
  }

  #take(...texts: readonly string[]): Token | undefined {
    const token = this.#next()
    if (token.kind === 'number' || token.kind === 'end' || !texts.includes(token.text)) return undefined
    this.#index++
    return token
  }

  #sum(): Quantity {
    let result = this.#product()
    for (let operator = this.#take('+', '-'); operator !== undefined; operator = this.#take('+', '-')) {
      const right = this.#product()
      if (right.isPercent === true && result.isPercent !== true) {
        throw new ToolError(
          `"${operator.text} …%" at position ${operator.position} can mean two things. Write 200 * (1 ${operator.text} 10%) for a change by 10%, or 200 ${operator.text} 10/100.`,
        )
      }
      const total = add(result, operator.text === '+' ? right : negate(right))
      result = right.isPercent === true ? { ...total, isPercent: true } : total
    }
    return result
  }

  #product(): Quantity {
    let result = this.#signed()
    for (let operator = this.#takeProductOperator(); operator !== undefined; operator = this.#takeProductOperator()) {
      const right = this.#signed()
      const left = result
      result = at(operator, () => applyProduct(operator.text, left, right))
    }
    return result
  }

  #takeProductOperator(): Token | undefined {
    const isModulo = this.#next().text === '%' && this.#startsOperand(this.#index + 1)
    return isModulo ? this.#take('%') : this.#take('*', '/', 'mod', 'of')
  }

  #signed(): Quantity {
    const sign = this.#take('-', '+')
    if (sign === undefined) return this.#power()
    const operand = this.#deeper(() => this.#signed())
    return sign.text === '-' ? { ...negate(operand), ...(operand.isPercent === true && { isPercent: true }) } : operand
  }

  #power(): Quantity {
    const base = this.#percent()
    const operator = this.#take('^', '**')
    if (operator === undefined) return base
    const exponent = this.#deeper(() => this.#signed())
    return at(operator, () => power(base, exponent))
  }

  #percent(): Quantity {
    const operand = this.#operand()
    if (this.#next().text !== '%' || this.#startsOperand(this.#index + 1)) return operand
    this.#take('%')
    return { ...divide(operand, quantity(100)), isPercent: true }
  }

  /** True when an operand starts at this token: a `%` before it is the remainder operator, any other `%` means percent. */
  #startsOperand(index: number): boolean {
    const token = this.#tokens[index]
    return token !== undefined && (token.kind === 'number' || token.text === '(' || (token.kind === 'name' && functions.has(token.text)))
  }

  #operand(): Quantity {
    const token = this.#next()
    if (token.kind === 'number') {
      this.#index++
      this.#refuseImplicitProduct()
      return quantity(token.text)
    }
    if (this.#take('(') !== undefined) {
      const result = this.#deeper(() => this.#sum())
      this.#close()
      return withoutPercent(result)
    }
    if (token.kind === 'name') return this.#call(token)
    throw unexpected(token, 'a number, a function or "("')
  }

  #call(name: Token): Quantity {
    const found = functions.get(name.text)
    if (found === undefined)
      throw new ToolError(
        `Unknown name "${name.text}" at position ${name.position}. The functions are ${[...functions.keys()].join(', ')}; there are no variables or units.`,
      )
    this.#index++
    if (this.#take('(') === undefined) throw unexpected(this.#next(), `"(" after ${name.text}`)
    const args = [this.#deeper(() => this.#sum())]
    while (this.#take(',') !== undefined) args.push(this.#deeper(() => this.#sum()))
    this.#close()
    if (args.length > found.max)
      throw new ToolError(
        `${name.text}() at position ${name.position} takes ${found.max === 1 ? 'one argument' : `at most ${found.max} arguments`}, not ${args.length}.`,
      )
    return withoutPercent(at(name, () => found.apply(args)))
  }

  #close(): void {
    if (this.#take(')') === undefined) throw unexpected(this.#next(), '")"')
    this.#refuseImplicitProduct()
  }

  #refuseImplicitProduct(): void {
    const token = this.#next()
    if (token.kind === 'number' || token.text === '(' || functions.has(token.text)) throw unexpected(token, 'an operator, such as *')
  }

  #deeper(parse: () => Quantity): Quantity {
    if (this.#depth >= maxDepth)
      throw new ToolError(`The expression is nested deeper than ${maxDepth} levels at position ${this.#next().position}. Split it into several calls.`)
    this.#depth++
    const result = parse()
    this.#depth--
    return result
  }
}

function withoutPercent({ exact, interval }: Quantity): Quantity {
  return { exact, interval }
}

function applyProduct(operator: string, left: Quantity, right: Quantity): Quantity {
  switch (operator) {
    case '/':
      return divide(left, right)
    case '%':
    case 'mod':
      return remainder(left, right)
    default:
      return multiply(left, right)
  }
}

/** Adds the position of the token to the error of a calculation. */
function at({ text, position }: Token, calculate: () => Quantity): Quantity {
  try {
    return calculate()
  } catch (error) {
    throw ToolError.is(error) ? new ToolError(`At "${text}", position ${position}: ${error.message}`) : error
  }
}

function unexpected(token: Token, expected: string): ToolError {
  const found = token.kind === 'end' ? 'the expression ends' : `found "${token.text}"`
  return new ToolError(`At position ${token.position}, expected ${expected}, but ${found}.`)
}
