/** The value below which a share of the values lies, between neighbours by proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = sort(values)
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Two ends of an interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * An interval that holds the median with a probability of at least 95 %, from the order of the values alone: outliers of a
 * noisy machine do not widen it. Six values are the least that can say so much.
 *
 * @see https://en.wikipedia.org/wiki/Median#Confidence_intervals_for_the_median
 */
export function medianInterval(values: readonly number[]): Interval | undefined {
  const sorted = sort(values)
  const count = sorted.length
  let tail = 0
  let term = 0.5 ** count
  let cut = 0
  // The chance that at most `cut` of the values lie below the median.
  while (tail + term <= 0.025 && cut < count) {
    tail += term
    term *= (count - cut) / (cut + 1)
    cut++
  }
  const low = sorted[cut - 1]
  const high = sorted[count - cut]
  return low === undefined || high === undefined ? undefined : { low, high }
}

/** A line through points, and where its slope lies with 95 %. */
export interface Line extends Interval {
  readonly slope: number
  readonly intercept: number
}

/** The line of least squares. */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Line {
  const count = points.length
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  const intercept = meanY - slope * meanX
  const rest = points.reduce((sum, [x, y]) => sum + (y - intercept - slope * x) ** 2, 0)
  const freedom = count - 2
  const error = Math.sqrt(rest / freedom / spread)
  // Student's t at 97.5 %, to a hundredth from 8 degrees of freedom on.
  const reach = (1.96 + 2.4 / freedom) * error
  return { slope, intercept, low: slope - reach, high: slope + reach }
}

function sort(values: readonly number[]): readonly number[] {
  return [...values].sort((left, right) => left - right)
}
