import type { Json, JsonObject } from '@capstan/core'
import { isJsonObject, typeOf } from '@capstan/core/internal'
import { formats } from './formats.ts'

/** Returns what is wrong with a value; `undefined` if nothing is. */
export type Assertion = (value: Json) => string | undefined

/** Makes the assertion of a keyword; `undefined` if the value of the keyword asserts nothing. */
type AssertionMaker = (keyword: Json, schema: JsonObject) => Assertion | undefined

/** The keywords that check only the value itself, not its parts. */
export const assertionMakers: Readonly<Record<string, AssertionMaker>> = {
  type: (type) => {
    const names = [type].flat()
    const expected = names.map((name) => `"${String(name)}"`).join(', ')
    return (value) => {
      const actual = typeOf(value)
      if (names.includes(actual) || (actual === 'integer' && names.includes('number'))) return undefined
      return `Instance type "${actual === 'integer' ? 'number' : actual}" is invalid. Expected ${expected}.`
    }
  },
  // In draft 4, `exclusiveMinimum` and `exclusiveMaximum` are booleans that change the bound beside them.
  minimum: (least, { exclusiveMinimum }) => (exclusiveMinimum === true ? moreThan(least) : ofNumbers(least, (value, bound) => value >= bound, 'less than')),
  maximum: (most, { exclusiveMaximum }) => (exclusiveMaximum === true ? lessThan(most) : ofNumbers(most, (value, bound) => value <= bound, 'greater than')),
  exclusiveMinimum: moreThan,
  exclusiveMaximum: lessThan,
  multipleOf: (divisor) =>
    typeof divisor === 'number' && divisor > 0
      ? (value) => (typeof value !== 'number' || isMultipleOf(value, divisor) ? undefined : `${value} is not a multiple of ${divisor}.`)
      : undefined,
  minLength: (least) => ofSizes(least, textLength, (size, bound) => (size < bound ? `String is too short (${size} < ${bound}).` : undefined)),
  maxLength: (most) => ofSizes(most, textLength, (size, bound) => (size > bound ? `String is too long (${size} > ${bound}).` : undefined)),
  minItems: (least) => ofSizes(least, listLength, (size, bound) => (size < bound ? `Array has too few items (${size} < ${bound}).` : undefined)),
  maxItems: (most) => ofSizes(most, listLength, (size, bound) => (size > bound ? `Array has too many items (${size} > ${bound}).` : undefined)),
  minProperties: (least) => ofSizes(least, propertyCount, (size, bound) => (size < bound ? `Instance does not have at least ${bound} properties.` : undefined)),
  maxProperties: (most) => ofSizes(most, propertyCount, (size, bound) => (size > bound ? `Instance has more than ${bound} properties.` : undefined)),
  required: (names) => {
    if (!Array.isArray(names)) return undefined
    const wanted = names.map(String)
    return (value) => {
      if (!isJsonObject(value)) return undefined
      const missing = wanted.filter((name) => !Object.hasOwn(value, name))
      if (missing.length === 0) return undefined
      return `Instance does not have required ${missing.length === 1 ? 'property' : 'properties'} ${quoted(missing)}.`
    }
  },
  dependentRequired: dependencies,
  // Before draft 2019-09, a dependency was a list of names or a schema.
  dependencies,
  format: (name) => {
    const fits = formats.get(String(name))
    return fits && ((value) => (typeof value !== 'string' || fits(value) ? undefined : `String does not match format "${String(name)}".`))
  },
}

function dependencies(keyword: Json): Assertion | undefined {
  if (!isJsonObject(keyword)) return undefined
  const lists = Object.entries(keyword).flatMap(([name, names]) => (Array.isArray(names) ? [{ name, names: names.map(String) }] : []))
  return (value) => {
    if (!isJsonObject(value)) return undefined
    for (const { name, names } of lists) {
      const missing = Object.hasOwn(value, name) ? names.filter((other) => !Object.hasOwn(value, other)) : []
      if (missing.length > 0) return `Instance has "${name}" but does not have ${quoted(missing)}.`
    }
    return undefined
  }
}

function quoted(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => JSON.stringify(name))
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ')
}

function moreThan(bound: Json): Assertion | undefined {
  return ofNumbers(bound, (value, least) => value > least, 'less than or equal to')
}

function lessThan(bound: Json): Assertion | undefined {
  return ofNumbers(bound, (value, most) => value < most, 'greater than or equal to')
}

function ofNumbers(bound: Json, fits: (value: number, bound: number) => boolean, words: string): Assertion | undefined {
  return typeof bound === 'number' ? (value) => (typeof value !== 'number' || fits(value, bound) ? undefined : `${value} is ${words} ${bound}.`) : undefined
}

function ofSizes(bound: Json, sizeOf: (value: Json) => number | undefined, judge: (size: number, bound: number) => string | undefined): Assertion | undefined {
  if (typeof bound !== 'number') return undefined
  return (value) => {
    const size = sizeOf(value)
    return size === undefined ? undefined : judge(size, bound)
  }
}

/** The length in code points, as JSON Schema counts it. */
function textLength(value: Json): number | undefined {
  if (typeof value !== 'string') return undefined
  let pairs = 0
  for (let index = 0; index < value.length; index++) if ((value.codePointAt(index) ?? 0) > 0xffff) pairs++
  return value.length - pairs
}

function listLength(value: Json): number | undefined {
  return Array.isArray(value) ? value.length : undefined
}

function propertyCount(value: Json): number | undefined {
  return isJsonObject(value) ? Object.keys(value).length : undefined
}

/** Exact for decimals as they are written: 0.3 is a multiple of 0.1. */
function isMultipleOf(value: number, divisor: number): boolean {
  const [first, second] = [decimalOf(value), decimalOf(divisor)]
  const power = Math.min(first.power, second.power)
  const scaled = ({ digits, power: own }: Decimal): bigint => digits * 10n ** BigInt(own - power)
  return scaled(first) % scaled(second) === 0n
}

interface Decimal {
  readonly digits: bigint
  readonly power: number
}

function decimalOf(value: number): Decimal {
  const [significand = '', exponent = '0'] = String(Math.abs(value)).split('e')
  const [whole = '', fraction = ''] = significand.split('.')
  return { digits: BigInt(whole + fraction), power: Number(exponent) - fraction.length }
}
