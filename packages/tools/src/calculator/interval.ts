import { Decimal } from 'decimal.js'
import type { Fraction, Rounding } from './fraction.ts'

/** A number that is not known exactly, as the two decimals between which it is. */
export interface Interval {
  readonly low: Decimal
  readonly high: Decimal
}

const digits = 250
const options = { precision: digits, maxE: 9e15, minE: -9e15, defaults: true }
const Down = Decimal.clone({ ...options, rounding: Decimal.ROUND_FLOOR })
const Up = Decimal.clone({ ...options, rounding: Decimal.ROUND_CEIL })
// Powers with many digits are slow, and their last digits may be wrong.
const Narrow = Decimal.clone({ ...options, precision: 60, rounding: Decimal.ROUND_HALF_UP })
const errorOfPowers = new Up('1e-55')

export function toInterval({ numerator, denominator }: Fraction): Interval {
  return { low: new Down(String(numerator)).dividedBy(String(denominator)), high: new Up(String(numerator)).dividedBy(String(denominator)) }
}

/** Parses a decimal. */
export function readInterval(text: string): Interval {
  return { low: new Down(text), high: new Up(text) }
}

export function addIntervals(first: Interval, second: Interval): Interval {
  return { low: Down.add(first.low, second.low), high: Up.add(first.high, second.high) }
}

export function negateInterval({ low, high }: Interval): Interval {
  return { low: high.negated(), high: low.negated() }
}

export function multiplyIntervals(first: Interval, second: Interval): Interval {
  return hull(first, second, (Type, one, other) => Type.mul(one, other))
}

/** Divides by an interval that does not contain 0. */
export function divideIntervals(first: Interval, second: Interval): Interval {
  return hull(first, second, (Type, one, other) => Type.div(one, other))
}

/** The smallest interval that contains all results of a monotone operation. */
function hull(first: Interval, second: Interval, calculate: (Type: typeof Decimal, one: Decimal, other: Decimal) => Decimal): Interval {
  const results = (Type: typeof Decimal): Decimal[] =>
    [first.low, first.high].flatMap((one) => [second.low, second.high].map((other) => calculate(Type, one, other)))
  return { low: Down.min(...results(Down)), high: Up.max(...results(Up)) }
}

/** The square root of an interval without negative numbers. */
export function rootOfInterval({ low, high }: Interval): Interval {
  return { low: Down.sqrt(low), high: Up.sqrt(high) }
}

/** Raises an interval of positive numbers to a power. */
export function raiseInterval(base: Interval, exponent: Interval): Interval {
  const powers = endsOf(base).flatMap((one) => endsOf(exponent).map((other) => Narrow.pow(one, other)))
  const [low, high] = [Down.min(...powers), Up.max(...powers)]
  return { low: Down.sub(low, Up.mul(low, errorOfPowers)), high: Up.add(high, Up.mul(high, errorOfPowers)) }
}

/** Both ends, or only one if they are equal in the precision of powers. */
function endsOf({ low, high }: Interval): readonly Decimal[] {
  const [first, second] = [new Narrow(low).toSignificantDigits(60), new Narrow(high).toSignificantDigits(60)]
  return first.equals(second) ? [first] : [first, second]
}

export function absoluteInterval(interval: Interval): Interval {
  if (!interval.low.isNegative()) return interval
  const negated = negateInterval(interval)
  return interval.high.isNegative() ? negated : { low: new Down(0), high: Up.max(interval.high, negated.high) }
}

export function holdsZero({ low, high }: Interval): boolean {
  return !low.greaterThan(0) && !high.lessThan(0)
}

const roundings: Readonly<Record<Rounding, Decimal.Rounding>> = {
  floor: Decimal.ROUND_FLOOR,
  ceil: Decimal.ROUND_CEIL,
  'half-up': Decimal.ROUND_HALF_UP,
}

/** Rounds to a number of decimal places; `undefined` if the two ends have different results. */
export function roundInterval({ low, high }: Interval, places: number, rounding: Rounding): string | undefined {
  const [first, second] = [low.toDecimalPlaces(places, roundings[rounding]), high.toDecimalPlaces(places, roundings[rounding])]
  return first.equals(second) ? first.toFixed() : undefined
}
