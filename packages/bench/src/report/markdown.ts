import type { Metric, Row, ScenarioResult } from '../result.ts'
import { judge, type Verdict } from '../targets.ts'
import { formatNumber, formatWithUnit } from './format.ts'

const notes = {
  quick: '*A quick run: short warm-ups, few rounds, a machine that did other work. It shows that the bench works and where to look, but proves nothing.*',
}

/** One scenario as a section: targets, chart, tables. */
export function sectionOf(result: ScenarioResult, charts: string): string {
  const { id, title, method, takenAt, machine, command, isQuick } = result
  return [
    `### ${id.toUpperCase()}: ${title}`,
    method,
    ...(isQuick ? [notes.quick] : []),
    `![${title}](${charts}/${id}.svg)`,
    ...verdictTable(judge(result)),
    ...result.metrics.map(metricTable),
    ...(result.notes.length > 0 ? [result.notes.join(' ')] : []),
    `<sub>${takenAt.slice(0, 10)}, \`${command}\`, ${machine}</sub>`,
  ].join('\n\n')
}

/** All targets in one table. */
export function summaryOf(results: readonly ScenarioResult[]): string {
  return verdictTable(results.flatMap(judge)).join('\n\n')
}

function verdictTable(verdicts: readonly Verdict[]): readonly string[] {
  if (verdicts.length === 0) return []
  const lines = verdicts.map(({ target, title, unit, found, ...verdict }) => {
    const limit = `${target.sense === 'at least' ? '≥' : '≤'} ${formatWithUnit(target.limit, unit)}${target.of === 'above raw' ? ' over `raw`' : ''}`
    return `| ${target.scenario.toUpperCase()} | ${title} | ${limit} | ${formatWithUnit(found, unit)} | ${wordOf(verdict)} |`
  })
  return [['| | target of `capstan` | limit | found | |', '|---|---|---:|---:|---|', ...lines].join('\n')]
}

/** Whether a target was met, in one or two words. */
export function wordOf({ isMet, isProven }: Pick<Verdict, 'isMet' | 'isProven'>): string {
  if (isProven) return isMet ? 'pass' : '**fail**'
  return isMet ? 'pass, not proven' : '**fail**, not proven'
}

function metricTable({ title, unit, base, rows }: Metric): string {
  const isCounted = rows.every(({ rounds }) => rounds === 1)
  const head = `| ${title}${unit === '' ? '' : `, ${unit}`} | median${isCounted ? '' : ' (quartiles)'} |${base === undefined ? '' : ` to \`${base}\` (95 %) |`}`
  const rule = `|---|---:|${base === undefined ? '' : '---:|'}`
  const lines = rows.map((row) => `| ${row.contender} | ${medianOf(row, isCounted)} |${base === undefined ? '' : ` ${ratioOf(row, base)} |`}`)
  return [head, rule, ...lines].join('\n')
}

function medianOf({ median, quartiles }: Row, isCounted: boolean): string {
  return isCounted ? formatNumber(median) : `${formatNumber(median)} (${quartiles.map(formatNumber).join(' to ')})`
}

function ratioOf({ contender, ratio, rounds }: Row, base: string): string {
  if (contender === base) return '1×'
  if (ratio === undefined) return ''
  const { median, interval } = ratio
  const range = interval === undefined || rounds === 1 ? '' : ` (${formatNumber(interval.low)} to ${formatNumber(interval.high)})`
  return `${formatNumber(median)}×${range}`
}

/** The contenders with their versions and settings. */
export function contendersTable(results: readonly ScenarioResult[]): string {
  // A scenario that starts no contender has no settings of it.
  const known = new Map(results.flatMap(({ contenders }) => Object.entries(contenders)).filter(([, { settings }]) => settings.length > 0))
  const lines = [...known].map(([name, { version, settings }]) => `| ${name} | ${version} | ${settings.join('; ')} |`)
  return ['| contender | made of | settings |', '|---|---|---|', ...lines].join('\n')
}

/** The table of the README: for each scenario the first metric that is a ratio to `raw`. */
export function comparisonOf(results: readonly ScenarioResult[]): string {
  const found = results.flatMap(({ id, title, takenAt, metrics }) => {
    const metric = metrics.find(({ key, base, rows }) => base === 'raw' && rows.length > 2 && key !== 'construct')
    return metric === undefined ? [] : [{ id, title, takenAt, metric }]
  })
  const names = [...new Set(found.flatMap(({ metric }) => metric.rows.map(({ contender }) => contender)))].filter(
    (name) => name !== 'raw' && !name.includes(','),
  )
  const cell = (metric: Metric, name: string): string => {
    const row = metric.rows.find(({ contender }) => contender === name)
    return row?.ratio === undefined ? '' : `${formatNumber(row.ratio.median)}×`
  }
  const lines = found.map(
    ({ id, title, metric }) => `| ${id.toUpperCase()} ${title}: ${metric.title} | ${names.map((name) => cell(metric, name)).join(' | ')} |`,
  )
  const dates = [...new Set(found.map(({ takenAt }) => takenAt.slice(0, 10)))].join(', ')
  const head = [`| times a loop written by hand over undici | ${names.join(' | ')} |`, `|---|${names.map(() => '---:|').join('')}`]
  return [...head, ...lines].join('\n').concat(`\n\nMeasured ${dates} by \`npm run bench\`: [method, machine, all numbers](docs/performance.md).`)
}
