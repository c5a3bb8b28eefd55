import { ToolError } from '@capstan/core'
import { Decimal } from 'decimal.js'

/** A number that knows whether it had to be rounded on the way. */
export interface Quantity {
  readonly value: Decimal
  readonly isRounded: boolean
  /** True for `17%` itself: adding it to something else is ambiguous. */
  readonly isPercent?: boolean
}

/** Exact results hold up to this many significant digits; longer ones are rounded. */
export const exactDigits = 400
/** Rounded results are shown with this many significant digits. */
export const shownDigits = 20
/** Results beyond ten to this power are refused. */
export const maxExponent = 1_000

const maxPower = 10_000
const guardDigits = 20
const plainLength = 450

// Wide enough for every sum and product of two numbers within the bounds, so that those are exact before they are cut.
const Wide = Decimal.clone({ precision: 3 * maxExponent, rounding: Decimal.ROUND_HALF_UP, maxE: 9e15, minE: -9e15, defaults: true })
// Quotients and roots do not end at all, or within these digits.
const Ending = Decimal.clone({ precision: exactDigits, rounding: Decimal.ROUND_HALF_UP, maxE: 9e15, minE: -9e15, defaults: true })
// Powers with fractions are never exact in general, and slow in many digits.
const Narrow = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP, defaults: true })

/** Reads a literal, exactly. */
export function quantity(text: string | number): Quantity {
  return bounded(new Wide(text), false)
}

/** Adds, exactly within the bounds. */
export function add(first: Quantity, second: Quantity): Quantity {
  return bounded(first.value.plus(second.value), first.isRounded || second.isRounded)
}

/** Changes the sign. */
export function negate({ value, isRounded }: Quantity): Quantity {
  return { value: value.negated(), isRounded }
}

/** Multiplies, exactly within the bounds. */
export function multiply(first: Quantity, second: Quantity): Quantity {
  return bounded(first.value.times(second.value), first.isRounded || second.isRounded)
}

/**
 * Divides; exact where the quotient ends within the bounds.
 *
 * @throws {ToolError} For a division by zero.
 */
export function divide(first: Quantity, second: Quantity): Quantity {
  if (second.value.isZero()) throw new ToolError('Division by zero.')
  const quotient = new Wide(new Ending(first.value).dividedBy(second.value))
  const isExact = quotient.times(second.value).equals(first.value)
  return bounded(quotient, first.isRounded || second.isRounded || !isExact)
}

/**
 * The remainder, with the sign of the first number.
 *
 * @throws {ToolError} For a division by zero.
 */
export function remainder(first: Quantity, second: Quantity): Quantity {
  if (second.value.isZero()) throw new ToolError('Remainder of a division by zero.')
  return bounded(first.value.modulo(second.value), first.isRounded || second.isRounded)
}

/**
 * Raises to a power: exact for whole powers within the bounds.
 *
 * @throws {ToolError} Where there is no real result, or it is too large.
 */
export function power(base: Quantity, exponent: Quantity): Quantity {
  if (exponent.value.abs().greaterThan(maxPower)) throw new ToolError(`The exponent ${exponent.value.toString()} is too large: at most ${maxPower}.`)
  if (!exponent.value.isInteger()) return fractionalPower(base, exponent)
  const count = exponent.value.toNumber()
  if (base.value.isZero() && count < 0) throw new ToolError('Zero to a negative power is a division by zero.')
  const result = wholePower(base, Math.abs(count))
  return count < 0 ? divide(quantity(1), result) : { ...result, isRounded: result.isRounded || exponent.isRounded }
}

function wholePower(base: Quantity, count: number): Quantity {
  let result = quantity(1)
  let square = base
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(result, square)
    if (left > 1) square = multiply(square, square)
  }
  return result
}

function fractionalPower(base: Quantity, exponent: Quantity): Quantity {
  if (base.value.isNegative() && !base.value.isZero()) throw new ToolError('A negative number to a fractional power has no real result.')
  if (exponent.value.equals(0.5)) return squareRoot(base)
  return bounded(new Wide(new Narrow(base.value).pow(exponent.value)), true)
}

/**
 * The square root; exact where it ends within the bounds.
 *
 * @throws {ToolError} For a negative number.
 */
export function squareRoot({ value, isRounded }: Quantity): Quantity {
  if (value.isNegative() && !value.isZero()) throw new ToolError(`The square root of ${value.toString()} is not a real number.`)
  const root = new Wide(new Ending(value).squareRoot())
  return bounded(root, isRounded || !root.times(root).equals(value))
}

/** Rounds to a number of decimal places: the result is exact, because the rounding was asked for. */
export function roundTo({ value, isRounded }: Quantity, places: number, mode: Decimal.Rounding): Quantity {
  // A third times three is a hair below one: without the last digits it is one.
  const settled = isRounded ? value.toSignificantDigits(exactDigits - guardDigits) : value
  return bounded(settled.toDecimalPlaces(places, mode), false)
}

/** Shows a result: exact ones whole, rounded ones with a note. */
export function formatQuantity({ value, isRounded }: Quantity): string {
  if (!isRounded) return formatDecimal(value)
  return `${formatDecimal(value.toSignificantDigits(shownDigits))} (rounded to ${shownDigits} significant digits)`
}

function formatDecimal(value: Decimal): string {
  const plain = value.isZero() ? '0' : value.toFixed()
  return plain.length <= plainLength ? plain : value.toString()
}

function bounded(value: Decimal, isRounded: boolean): Quantity {
  if (!value.isZero() && Math.abs(value.e) > maxExponent)
    throw new ToolError(`A result is too ${value.e > 0 ? 'large' : 'small'}: only powers of ten up to ${maxExponent} are calculated.`)
  const cut = value.toSignificantDigits(exactDigits)
  return { value: cut, isRounded: isRounded || !cut.equals(value) }
}
