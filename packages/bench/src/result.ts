import type { Interval } from './statistics.ts'

/** Some number of a scenario, for each contender. */
export interface Metric {
  /** Within its scenario. */
  readonly key: string
  readonly title: string
  readonly unit: string
  /** Whose numbers the ratios are to. */
  readonly base: string | undefined
  readonly rows: readonly Row[]
}

/** What one contender came to. */
export interface Row {
  readonly contender: string
  readonly median: number
  readonly quartiles: readonly [number, number]
  readonly rounds: number
  /** To the base, round by round: the median of the pairs, with its 95 % interval. */
  readonly ratio?: { readonly median: number; readonly interval?: Interval }
}

/** Points of one contender for a chart. */
export interface Series {
  readonly contender: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** What the chart of a scenario shows: bars of metrics, or lines. */
export type Chart =
  | { readonly kind: 'bars'; readonly metrics: readonly string[]; readonly of: 'ratio' | 'median' }
  | {
      readonly kind: 'lines'
      /** What is drawn, with its unit. */
      readonly title: string
      readonly x: string
      readonly isLog: boolean
      readonly series: readonly Series[]
    }

/** What a scenario measures. */
export interface Measured {
  readonly metrics: readonly Metric[]
  readonly chart: Chart
  /** What a reader has to know to read the numbers. */
  readonly notes: readonly string[]
}

/** A measured scenario as it is kept. */
export interface ScenarioResult extends Measured {
  readonly id: string
  readonly title: string
  readonly method: string
  readonly takenAt: string
  readonly command: string
  readonly machine: string
  readonly isQuick: boolean
  readonly contenders: Readonly<Record<string, { readonly version: string; readonly settings: readonly string[] }>>
}
