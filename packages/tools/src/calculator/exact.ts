import { ToolError } from '@capstan/core'
import { Decimal } from 'decimal.js'
import {
  addFractions,
  divideFractions,
  type Fraction,
  makeFraction,
  multiplyFractions,
  type Rounding,
  raiseFraction,
  readFraction,
  rootOfFraction,
  roundFraction,
} from './fraction.ts'
import {
  absoluteInterval,
  addIntervals,
  divideIntervals,
  holdsZero,
  type Interval,
  multiplyIntervals,
  negateInterval,
  raiseInterval,
  readInterval,
  rootOfInterval,
  roundInterval,
  toInterval,
} from './interval.ts'

/** A number: an exact fraction, or an interval that contains it. */
export interface Quantity {
  readonly exact: Fraction | undefined
  readonly interval: Interval
  /** True for a percentage such as `17%`, because adding one to another number is ambiguous. */
  readonly isPercent?: boolean
}

/** Exact results are shown with up to this many significant digits; longer ones are rounded. */
const shownExactDigits = 400
/** Rounded results are shown with this many significant digits. */
const shownDigits = 20
/** Results beyond ten to this power are refused. */
const maxExponent = 1_000
const maxPower = 10_000
const plainLength = 450
const Shown = Decimal.clone({ precision: 2 * maxExponent, rounding: Decimal.ROUND_HALF_UP, maxE: 9e15, minE: -9e15, defaults: true })

/** Parses a number literal exactly. */
export function quantity(text: string | number): Quantity {
  const exact = readFraction(String(text))
  return bounded(exact, exact === undefined ? readInterval(String(text)) : toInterval(exact))
}

/** Calculates exactly where both numbers and the result are exact, otherwise with intervals. */
function combine(
  [first, second]: readonly [Quantity, Quantity],
  exactly: (first: Fraction, second: Fraction) => Fraction | undefined,
  roughly: (first: Interval, second: Interval) => Interval,
): Quantity {
  const exact = first.exact && second.exact && exactly(first.exact, second.exact)
  return bounded(exact, exact === undefined ? roughly(first.interval, second.interval) : toInterval(exact))
}

/** Adds. */
export function add(first: Quantity, second: Quantity): Quantity {
  return combine([first, second], addFractions, addIntervals)
}

/** Changes the sign. */
export function negate({ exact, interval }: Quantity): Quantity {
  return { exact: exact && { numerator: -exact.numerator, denominator: exact.denominator }, interval: negateInterval(interval) }
}

/** The number without its sign. */
export function absolute(value: Quantity): Quantity {
  if (value.exact !== undefined) return value.exact.numerator < 0n ? negate(value) : value
  return { exact: undefined, interval: absoluteInterval(value.interval) }
}

/** Multiplies. */
export function multiply(first: Quantity, second: Quantity): Quantity {
  return combine([first, second], multiplyFractions, multiplyIntervals)
}

/**
 * Divides.
 *
 * @throws {ToolError} If the divisor is zero, or is a rounded number that may be zero.
 */
export function divide(first: Quantity, second: Quantity): Quantity {
  refuseZero(second, 'Division by zero.')
  return combine([first, second], divideFractions, divideIntervals)
}

function refuseZero({ exact, interval }: Quantity, message: string): void {
  if (exact?.numerator === 0n) throw new ToolError(message)
  if (exact === undefined && holdsZero(interval)) throw new ToolError('The divisor is not known exactly, and may be zero.')
}

/**
 * The remainder, with the sign of the first number.
 *
 * @throws {ToolError} If the divisor is zero, or if the quotient of rounded numbers may be a whole number.
 */
export function remainder(first: Quantity, second: Quantity): Quantity {
  refuseZero(second, 'Remainder of a division by zero.')
  const quotient = divide(first, second)
  const isNegative = quotient.exact === undefined ? quotient.interval.high.lessThan(0) : quotient.exact.numerator < 0n
  return add(first, negate(multiply(second, roundTo(quotient, 0, isNegative ? 'ceil' : 'floor'))))
}

/**
 * Raises a number to a power. The result is exact if it is a fraction of bounded length.
 *
 * @throws {ToolError} If there is no real result, or it is too large.
 */
export function power(base: Quantity, exponent: Quantity): Quantity {
  if (absoluteInterval(exponent.interval).high.greaterThan(maxPower)) throw new ToolError(`The exponent ${show(exponent)} is too large: at most ${maxPower}.`)
  if (exponent.exact?.denominator === 1n) return wholePower(base, exponent.exact.numerator)
  if (base.exact === undefined ? holdsZero(base.interval) || base.interval.high.lessThan(0) : base.exact.numerator < 0n) {
    throw new ToolError('A negative number to a fractional power has no real result.')
  }
  if (base.exact?.numerator === 0n) return zeroPower(exponent)
  const exact = base.exact && exponent.exact && fractionalPower(base.exact, exponent.exact)
  if (exact !== undefined) return bounded(exact, toInterval(exact))
  const isRoot = exponent.exact?.numerator === 1n && exponent.exact.denominator === 2n
  return bounded(undefined, isRoot ? rootOfInterval(base.interval) : raiseInterval(base.interval, exponent.interval))
}

function zeroPower({ interval }: Quantity): Quantity {
  if (interval.low.greaterThan(0)) return quantity(0)
  throw new ToolError('Zero to a negative power is a division by zero.')
}

function wholePower(base: Quantity, count: bigint): Quantity {
  if (count < 0n) {
    if (base.exact?.numerator === 0n) throw new ToolError('Zero to a negative power is a division by zero.')
    return divide(quantity(1), wholePower(base, -count))
  }
  const exact = base.exact && raiseFraction(base.exact, count)
  if (exact !== undefined) return bounded(exact, toInterval(exact))
  let result = quantity(1)
  let square = base
  for (let left = Number(count); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(result, square)
    if (left > 1) square = multiply(square, square)
  }
  return result
}

/** Roots of higher degrees are rarely exact, and take longer to find. */
const maxDegree = 100n

function fractionalPower(base: Fraction, { numerator, denominator }: Fraction): Fraction | undefined {
  const root = denominator <= maxDegree ? rootOfFraction(base, denominator) : undefined
  const size = numerator < 0n ? -numerator : numerator
  const raised = root && raiseFraction(root, size)
  return numerator < 0n && raised !== undefined ? makeFraction(raised.denominator, raised.numerator) : raised
}

/**
 * Returns the square root. It is exact if it is a fraction.
 *
 * @throws {ToolError} For a negative number.
 */
export function squareRoot(value: Quantity): Quantity {
  const { exact, interval } = value
  if (exact === undefined ? interval.low.lessThan(0) : exact.numerator < 0n) throw new ToolError(`The square root of ${show(value)} is not a real number.`)
  const root = exact && rootOfFraction(exact, 2n)
  return bounded(root, root === undefined ? rootOfInterval(interval) : toInterval(root))
}

/**
 * Rounds to a number of decimal places.
 *
 * @throws {ToolError} If a rounded number is so close to a step of the function that the result is not known.
 */
export function roundTo(value: Quantity, places: number, rounding: Rounding): Quantity {
  if (value.exact !== undefined) {
    const exact = roundFraction(value.exact, places, rounding)
    if (exact !== undefined) return bounded(exact, toInterval(exact))
  }
  const text = roundInterval(value.interval, places, rounding)
  if (text !== undefined) return quantity(text)
  throw new ToolError(
    `The number ${show(value)} is not known exactly, and the result depends on digits that are not known. Avoid roots and fractional powers, or round to fewer or more places.`,
  )
}

/** The least of two numbers. */
export function least(first: Quantity, second: Quantity): Quantity {
  return negate(greatest(negate(first), negate(second)))
}

/** The greatest of two numbers. */
export function greatest(first: Quantity, second: Quantity): Quantity {
  if (first.exact !== undefined && second.exact !== undefined) {
    return first.exact.numerator * second.exact.denominator >= second.exact.numerator * first.exact.denominator ? first : second
  }
  if (first.interval.low.greaterThanOrEqualTo(second.interval.high)) return first
  if (second.interval.low.greaterThanOrEqualTo(first.interval.high)) return second
  return {
    exact: undefined,
    interval: { low: Decimal.max(first.interval.low, second.interval.low), high: Decimal.max(first.interval.high, second.interval.high) },
  }
}

/** Returns a whole number from 0 to `max`, and `undefined` for any other number. */
export function smallInteger({ exact }: Quantity, max: number): number | undefined {
  return exact?.denominator === 1n && exact.numerator >= 0n && exact.numerator <= BigInt(max) ? Number(exact.numerator) : undefined
}

/** Formats a result: exact results completely, rounded results with a note. */
export function formatQuantity({ exact, interval }: Quantity): string {
  const decimal = exact && exactDecimal(exact)
  return decimal === undefined ? `${formatDecimal(middleOf(interval))} (rounded to ${shownDigits} significant digits)` : formatDecimal(decimal)
}

/** Formats a number for an error message. */
export function show({ exact, interval }: Quantity): string {
  return formatDecimal((exact && exactDecimal(exact)) ?? middleOf(interval))
}

/** Returns the decimal form; `undefined` if it has no finite decimal form, or too many digits. */
function exactDecimal({ numerator, denominator }: Fraction): Decimal | undefined {
  const decimal = new Shown(String(numerator)).dividedBy(String(denominator))
  return decimal.precision() <= shownExactDigits && decimal.times(String(denominator)).equals(String(numerator)) ? decimal : undefined
}

function middleOf({ low, high }: Interval): Decimal {
  return new Shown(low).plus(high).dividedBy(2).toSignificantDigits(shownDigits)
}

function formatDecimal(value: Decimal): string {
  const plain = value.isZero() ? '0' : value.toFixed()
  return plain.length <= plainLength ? plain : value.toString()
}

function bounded(exact: Fraction | undefined, interval: Interval): Quantity {
  const { low, high } = interval
  const isZero = exact === undefined ? holdsZero(interval) : exact.numerator === 0n
  const exponent = low.abs().greaterThan(high.abs()) ? low.e : high.e
  if (!isZero && Math.abs(exponent) > maxExponent)
    throw new ToolError(`A result is too ${exponent > 0 ? 'large' : 'small'}: only powers of ten up to ${maxExponent} are calculated.`)
  return { exact, interval }
}
