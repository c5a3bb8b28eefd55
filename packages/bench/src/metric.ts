import type { Metric, Row } from './result.ts'
import { median, medianInterval, quantile } from './statistics.ts'

/** What was measured in each round, by contender. Rounds of the same place belong together. */
export type Rounds<Sample> = ReadonlyMap<string, readonly Sample[]>

export interface MetricOptions<Sample> {
  readonly key: string
  readonly title: string
  readonly unit: string
  /** Whose numbers the ratios are to. Default: `raw`. */
  readonly base?: string | undefined
  readonly value: (sample: Sample) => number
}

/** Makes a metric of rounds: medians with quartiles, and ratios to the base, round by round. */
export function metricOf<Sample>(rounds: Rounds<Sample>, { key, title, unit, base = 'raw', value }: MetricOptions<Sample>): Metric {
  const baseValues = rounds.get(base)?.map(value)
  const rows = [...rounds].map(([contender, samples]): Row => {
    const values = samples.map(value)
    const ratio = contender === base || baseValues === undefined ? undefined : ratioOf(values, baseValues)
    return { contender, median: median(values), quartiles: [quantile(values, 0.25), quantile(values, 0.75)], rounds: values.length, ...(ratio && { ratio }) }
  })
  return { key, title, unit, base: baseValues === undefined ? undefined : base, rows }
}

function ratioOf(values: readonly number[], baseValues: readonly number[]): Row['ratio'] {
  const pairs = values.flatMap((value, index) => {
    const base = baseValues[index]
    return base === undefined || base === 0 ? [] : [value / base]
  })
  if (pairs.length === 0) return undefined
  const interval = medianInterval(pairs)
  return { median: median(pairs), ...(interval && { interval }) }
}

/** A metric of numbers that have no rounds. Without a base there are no ratios. */
export function plainMetric(values: Readonly<Record<string, number>>, { key, title, unit, base = '' }: Omit<MetricOptions<number>, 'value'>): Metric {
  const rounds = new Map(Object.entries(values).map(([contender, value]) => [contender, [value]]))
  return metricOf(rounds, { key, title, unit, base, value: (value) => value })
}
