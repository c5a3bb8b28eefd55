/** A rational number in lowest terms. */
export interface Fraction {
  readonly numerator: bigint
  /** Above 0. */
  readonly denominator: bigint
}

/** The most digits that the numerator and the denominator of an exact result may have; longer results are rounded. */
const maxDigits = 1_100

/** Parses a decimal such as `12.5e-3`. */
export function readFraction(text: string): Fraction | undefined {
  const [significand = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', decimals = ''] = significand.split('.')
  const power = Number(exponent) - decimals.length
  if (Math.abs(power) > maxDigits) return undefined
  const digits = BigInt(whole + decimals)
  return power < 0 ? makeFraction(digits, 10n ** BigInt(-power)) : makeFraction(digits * 10n ** BigInt(power), 1n)
}

/** Reduces a fraction to lowest terms; `undefined` if it would have too many digits. */
export function makeFraction(numerator: bigint, denominator: bigint): Fraction | undefined {
  const sign = denominator < 0n ? -1n : 1n
  const divisor = denominator === 1n ? 1n : greatestCommonDivisor(numerator, denominator)
  const fraction = { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor }
  return isShort(fraction.numerator) && isShort(fraction.denominator) ? fraction : undefined
}

const bound = 10n ** BigInt(maxDigits)

function isShort(integer: bigint): boolean {
  return integer < bound && integer > -bound
}

function greatestCommonDivisor(first: bigint, second: bigint): bigint {
  let [a, b] = [first < 0n ? -first : first, second < 0n ? -second : second]
  while (b > 0n) [a, b] = [b, a % b]
  return a
}

export function addFractions(first: Fraction, second: Fraction): Fraction | undefined {
  return makeFraction(first.numerator * second.denominator + second.numerator * first.denominator, first.denominator * second.denominator)
}

export function multiplyFractions(first: Fraction, second: Fraction): Fraction | undefined {
  return makeFraction(first.numerator * second.numerator, first.denominator * second.denominator)
}

/** Divides by a fraction that is not 0. */
export function divideFractions(first: Fraction, second: Fraction): Fraction | undefined {
  return makeFraction(first.numerator * second.denominator, first.denominator * second.numerator)
}

/** Raises to a power whose exponent is a whole number of at least 0. */
export function raiseFraction({ numerator, denominator }: Fraction, exponent: bigint): Fraction | undefined {
  const digits = Math.max(numerator.toString().length, denominator.toString().length) - 1
  if (BigInt(digits) * exponent > maxDigits) return undefined
  return makeFraction(numerator ** exponent, denominator ** exponent)
}

/** Returns the root of the given degree; `undefined` if it is not a fraction. */
export function rootOfFraction({ numerator, denominator }: Fraction, degree: bigint): Fraction | undefined {
  const [above, below] = [wholeRoot(numerator, degree), wholeRoot(denominator, degree)]
  return above === undefined || below === undefined ? undefined : makeFraction(above, below)
}

/** Finds an integer root by Newton's method; `undefined` if there is none. */
function wholeRoot(value: bigint, degree: bigint): bigint | undefined {
  if (value < 2n) return value < 0n ? undefined : value
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / Number(degree)))
  for (;;) {
    const next = ((degree - 1n) * root + value / root ** (degree - 1n)) / degree
    if (next >= root) break
    root = next
  }
  return root ** degree === value ? root : undefined
}

/** How a number is rounded to fewer digits. */
export type Rounding = 'floor' | 'ceil' | 'half-up'

/** Rounds to a number of decimal places; halves away from zero. */
export function roundFraction({ numerator, denominator }: Fraction, places: number, rounding: Rounding): Fraction | undefined {
  const scale = 10n ** BigInt(places)
  const scaled = numerator * scale
  return makeFraction(
    rounding === 'half-up' ? halfUp(scaled, denominator) : rounding === 'floor' ? floor(scaled, denominator) : -floor(-scaled, denominator),
    scale,
  )
}

function halfUp(numerator: bigint, denominator: bigint): bigint {
  const size = floor(2n * (numerator < 0n ? -numerator : numerator) + denominator, 2n * denominator)
  return numerator < 0n ? -size : size
}

function floor(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator % denominator < 0n ? quotient - 1n : quotient
}
