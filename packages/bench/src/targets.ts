import type { Metric, Row, ScenarioResult } from './result.ts'

/** What Capstan has to reach. */
export interface Target {
  readonly scenario: string
  readonly metric: string
  /** `ratio` to the base of the metric, the number itself, or how far it is above the number of `raw`. */
  readonly of: 'ratio' | 'median' | 'above raw'
  readonly limit: number
  /** Default: `at most`. */
  readonly sense?: 'at most' | 'at least'
  /** True for what does not depend on time: once is enough. */
  readonly isCounted?: boolean
  /** Row of the metric. Default: `capstan`. */
  readonly row?: string
}

/** At and below this, only the upper end of a paired interval proves anything. */
const closeLimit = 1.3
/** Rounds that such an interval needs. */
export const roundsForProof = 20

export const targets: readonly Target[] = [
  { scenario: 's1', metric: 'plain', of: 'ratio', limit: 1.5 },
  { scenario: 's1', metric: 'streamed', of: 'ratio', limit: 1.5 },
  { scenario: 's2', metric: 'on-2000', of: 'ratio', limit: 1.5 },
  { scenario: 's2', metric: 'on-10000', of: 'ratio', limit: 1.5 },
  { scenario: 's2', metric: 'iterate-2000', of: 'ratio', limit: 2 },
  { scenario: 's2', metric: 'iterate-10000', of: 'ratio', limit: 2 },
  { scenario: 's2', metric: 'paced', of: 'ratio', limit: 1.15 },
  { scenario: 's3a', metric: 'run', of: 'ratio', limit: 1.5 },
  { scenario: 's3b', metric: 'kb-50', of: 'ratio', limit: 1.3 },
  { scenario: 's3b', metric: 'kb-100', of: 'ratio', limit: 1.3 },
  { scenario: 's3b', metric: 'kb-200', of: 'ratio', limit: 1.3 },
  // Four times the arguments: 4 is linear, 16 is quadratic.
  { scenario: 's3b', metric: 'growth', of: 'median', limit: 5 },
  { scenario: 's4', metric: 'cpu', of: 'ratio', limit: 2.5 },
  { scenario: 's4', metric: 'memory', of: 'ratio', limit: 1.1 },
  { scenario: 's4', metric: 'p99', of: 'ratio', limit: 2 },
  { scenario: 's5', metric: 'construct', of: 'median', limit: 30 },
  { scenario: 's5', metric: 'memory', of: 'median', limit: 13 },
  { scenario: 's5', metric: 'first-run', of: 'above raw', limit: 20 },
  { scenario: 's5', metric: 'size', of: 'median', limit: 6, isCounted: true },
  { scenario: 's5', metric: 'packages', of: 'median', limit: 14, isCounted: true },
  { scenario: 's6', metric: 'late', of: 'ratio', limit: 0.4 },
  { scenario: 's7', metric: 'prefix', of: 'median', limit: 100, sense: 'at least', isCounted: true },
  { scenario: 's7', metric: 'arguments', of: 'median', limit: 100, sense: 'at least', isCounted: true },
  { scenario: 's7', metric: 'reasoning', of: 'median', limit: 100, sense: 'at least', isCounted: true },
  { scenario: 's8', metric: 'tools-1', of: 'ratio', limit: 1.3 },
  { scenario: 's8', metric: 'tools-10', of: 'ratio', limit: 1.3 },
  { scenario: 's8', metric: 'tools-100', of: 'ratio', limit: 1.3 },
  { scenario: 's9', metric: 'slope', of: 'median', limit: 1 },
  { scenario: 's9', metric: 'left', of: 'median', limit: 0 },
  { scenario: 's10', metric: 'listeners', of: 'ratio', limit: 1.5, row: 'capstan, listeners' },
  { scenario: 's10', metric: 'journal', of: 'ratio', limit: 1.5, row: 'capstan, journal' },
  { scenario: 's11', metric: 'index-cpu', of: 'median', limit: 300 },
  { scenario: 's11', metric: 'search', of: 'median', limit: 2 },
  // Nothing, within what two equal programs differ by.
  { scenario: 's12', metric: 'traced', of: 'ratio', limit: 1.02, row: 'capstan, off' },
  { scenario: 's12', metric: 'traced', of: 'ratio', limit: 1.05, row: 'capstan, events' },
  { scenario: 's12', metric: 'traced', of: 'ratio', limit: 1.15, row: 'capstan, tape' },
]

/** How a target was met. */
export interface Verdict {
  readonly target: Target
  readonly title: string
  readonly unit: string
  readonly found: number
  readonly isMet: boolean
  /** False when there were too few rounds to prove it. */
  readonly isProven: boolean
}

/** Judges a scenario by its targets; what was not measured is left out. */
export function judge({ id, metrics, isQuick }: Pick<ScenarioResult, 'id' | 'metrics' | 'isQuick'>): readonly Verdict[] {
  return targets
    .filter(({ scenario }) => scenario === id)
    .flatMap((target) => {
      const metric = metrics.find(({ key }) => key === target.metric)
      const row = metric?.rows.find(({ contender }) => contender === (target.row ?? 'capstan'))
      if (metric === undefined || row === undefined) return []
      const number = numberOf(target, metric, row)
      return number === undefined ? [] : [verdictOf(target, metric, { ...number, isProven: number.isProven && (target.isCounted === true || !isQuick) })]
    })
}

interface Found {
  readonly found: number
  readonly isProven: boolean
}

function numberOf({ of, limit }: Target, metric: Metric, row: Row): Found | undefined {
  if (of === 'median') return { found: row.median, isProven: true }
  if (of === 'above raw') {
    const raw = metric.rows.find(({ contender }) => contender === 'raw')
    return raw && { found: row.median - raw.median, isProven: true }
  }
  if (row.ratio === undefined) return undefined
  if (limit > closeLimit) return { found: row.ratio.median, isProven: true }
  const { interval } = row.ratio
  return { found: interval?.high ?? row.ratio.median, isProven: interval !== undefined && row.rounds >= roundsForProof }
}

function verdictOf(target: Target, { title, unit }: Metric, { found, isProven }: Found): Verdict {
  const isMet = target.sense === 'at least' ? found >= target.limit : found <= target.limit
  return { target, title, unit: target.of === 'ratio' ? '×' : unit, found, isMet, isProven }
}
