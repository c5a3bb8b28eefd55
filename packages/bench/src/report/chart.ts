import type { Chart, Metric, Row, ScenarioResult, Series } from '../result.ts'
import { targets } from '../targets.ts'
import { formatNumber, formatWithUnit } from './format.ts'
import { axisOf, colours, drawing, text } from './svg.ts'

const width = 760
const left = 150
const right = 130
const plotWidth = width - left - right

/** The chart of a scenario as SVG, readable on light and dark backgrounds. */
export function chartOf(result: ScenarioResult): string {
  const { chart, title } = result
  return chart.kind === 'lines' ? linesOf(chart, title) : barsOf(result, chart)
}

const barHeight = 18
const groupGap = 46

interface Group {
  readonly metric: Metric
  readonly bars: readonly { readonly row: Row; readonly value: number; readonly range: readonly [number, number] | undefined }[]
}

function barsOf({ id, title, metrics }: ScenarioResult, { metrics: keys, of }: Extract<Chart, { kind: 'bars' }>): string {
  const groups = keys.flatMap((key) => metrics.filter((metric) => metric.key === key)).map((metric) => groupOf(metric, of))
  let y = 40
  let body = ''
  for (const group of groups) {
    body += drawGroup(group, { id, y, of })
    y += group.bars.length * barHeight + groupGap
  }
  return drawing({ width, height: y - 10, title, body })
}

function groupOf(metric: Metric, of: 'ratio' | 'median'): Group {
  const bars = metric.rows.map((row) => {
    if (of === 'median') return { row, value: row.median, range: row.rounds > 1 ? row.quartiles : undefined }
    const interval = row.ratio?.interval
    return { row, value: row.ratio?.median ?? 1, range: interval && ([interval.low, interval.high] as const) }
  })
  return { metric, bars }
}

/** Position of a group of bars in its chart. */
interface GroupPosition {
  readonly id: string
  readonly y: number
  readonly of: 'ratio' | 'median'
}

function drawGroup({ metric, bars }: Group, { id, y, of }: GroupPosition): string {
  const unit = of === 'ratio' ? '×' : metric.unit
  const most = Math.max(...bars.map(({ value, range }) => Math.max(value, range?.[1] ?? 0)), 1)
  // Ratios differ by powers of ten; amounts begin at zero.
  const isLog = of === 'ratio' && most > 8
  const scale = isLog
    ? (value: number) => (Math.log(Math.max(value, 0.5) / 0.5) / Math.log(most / 0.5)) * plotWidth
    : (value: number) => (value / most) * plotWidth
  let body = text([left, y], `${metric.title}${of === 'ratio' ? `, times \`${metric.base}\`` : `, ${metric.unit}`}${isLog ? ' (logarithmic)' : ''}`, 'head')
  bars.forEach(({ row, value, range }, index) => {
    const top = y + 10 + index * barHeight
    const isOurs = row.contender.startsWith('capstan')
    body += text([left - 8, top + 11], row.contender, `end${isOurs ? ' ours' : ''}`)
    body += `<rect x="${left}" y="${top}" width="${Math.max(1, scale(value)).toFixed(1)}" height="13" class="${isOurs ? 'bar-ours' : 'bar'}"/>`
    if (range) body += `<path d="M${(left + scale(range[0])).toFixed(1)} ${top + 6.5}H${(left + scale(range[1])).toFixed(1)}" class="range"/>`
    body += text([left + Math.max(scale(value), scale(range?.[1] ?? 0)) + 6, top + 11], formatWithUnit(value, unit), isOurs ? 'ours' : '')
  })
  const target = targets.find(({ scenario, metric: key }) => scenario === id && key === metric.key)
  if (target === undefined || target.of !== of || target.limit > most || target.limit === 0) return body
  const x = (left + scale(target.limit)).toFixed(1)
  return `${body}<path d="M${x} ${y + 6}V${y + 10 + bars.length * barHeight}" class="target"><title>Target: ${formatNumber(target.limit)}</title></path>`
}

const plotHeight = 300

function linesOf({ title: head, x: xName, isLog, series }: Extract<Chart, { kind: 'lines' }>, title: string): string {
  const points = series.flatMap((one) => one.points)
  const top = 44
  const inner = { left: 70, width: width - 70 - right }
  const x = axisOf(
    points.map(([value]) => value),
    { isLog, from: inner.left, to: inner.left + inner.width },
  )
  const y = axisOf(
    points.map(([, value]) => value),
    { isLog, from: top + plotHeight, to: top },
  )
  let body = text([inner.left, 28], `${head}${isLog ? ' (both axes logarithmic)' : ''}`, 'head')
  for (const tick of x.ticks) {
    body += `<path d="M${x.at(tick)} ${top}V${top + plotHeight}" class="grid"/>${text([x.at(tick), top + plotHeight + 16], formatNumber(tick), 'middle')}`
  }
  for (const tick of y.ticks) {
    body += `<path d="M${inner.left} ${y.at(tick)}H${inner.left + inner.width}" class="grid"/>${text([inner.left - 6, y.at(tick) + 4], formatNumber(tick), 'end')}`
  }
  body += text([inner.left + inner.width / 2, top + plotHeight + 34], xName, 'middle')
  body += labelled(series, (point) => [x.at(point[0]), y.at(point[1])])
  return drawing({ width, height: top + plotHeight + 46, title, body })
}

function labelled(series: readonly Series[], position: (point: readonly [number, number]) => readonly [number, number]): string {
  const ends = series
    .map(({ contender, points }, index) => ({ contender, colour: colours[index % colours.length] ?? '', path: points.map(position) }))
    .filter(({ path }) => path.length > 0)
    .sort((one, other) => (one.path.at(-1)?.[1] ?? 0) - (other.path.at(-1)?.[1] ?? 0))
  let lowest = 0
  return ends
    .map(({ contender, colour, path }) => {
      const [x = 0, y = 0] = path.at(-1) ?? []
      // Names that would cover each other move down.
      lowest = Math.max(lowest + 14, y + 4)
      const line = path.map((at) => at.map((value) => value.toFixed(1)).join(' ')).join('L')
      return `<path d="M${line}" class="line" stroke="${colour}"/>${text([x + 6, lowest], contender, contender === 'capstan' ? 'ours' : '')}<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>`
    })
    .join('')
}
