import type { Row } from './row.ts'

/** Positions of times on the axis, from 0 to 1. Long times in which nothing works are shortened. */
export interface Scale {
  /** Position of a time. */
  at(time: number): number
  /** The shortened gaps. */
  readonly gaps: readonly Gap[]
  readonly from: number
  readonly to: number
}

/** A time in which nothing worked, and which is shown shorter than it was. */
export interface Gap {
  readonly from: number
  readonly to: number
}

interface Span {
  readonly from: number
  readonly to: number
}

/** A gap is shortened if it is longer than this part of the working time, and than this many milliseconds. */
const shortened = { part: 0.15, leastMs: 1_000 }
/** What a shortened gap takes, as a part of the working time. */
const gapPart = 0.05

/** Makes the scale of rows. `now` is the end of what is still open. */
export function makeScale(rows: readonly Row[], now: number): Scale {
  const busy = mergeSpans(spansOf(rows, now))
  const [first, last] = [busy[0], busy.at(-1)]
  if (first === undefined || last === undefined) return { at: () => 0, gaps: [], from: 0, to: 0 }
  const workMs = busy.reduce((sum, { from, to }) => sum + to - from, 0)
  const longest = Math.max(shortened.leastMs, workMs * shortened.part)
  const gaps = busy.slice(1).flatMap(({ from }, index) => {
    const before = busy[index]?.to ?? from
    return from - before > longest ? [{ from: before, to: from }] : []
  })
  const width = Math.max(workMs, 1) * gapPart
  return { ...place(first.from, last.to, { gaps, width }), gaps, from: first.from, to: last.to }
}

/** Positions are linear, except that each gap takes `width` milliseconds of the axis. */
function place(from: number, to: number, { gaps, width }: { readonly gaps: readonly Gap[]; readonly width: number }): Pick<Scale, 'at'> {
  const saved: number[] = []
  let sum = 0
  for (const gap of gaps) {
    saved.push(sum)
    sum += gap.to - gap.from - width
  }
  const total = Math.max(1, to - from - sum)
  const at = (time: number): number => {
    const index = lastBefore(gaps, time)
    const gap = gaps[index]
    if (gap === undefined) return (time - from) / total
    const inside = Math.min(1, (time - gap.from) / (gap.to - gap.from))
    const after = Math.max(0, time - gap.to)
    return (gap.from - from - (saved[index] ?? 0) + inside * width + after) / total
  }
  return { at: (time) => Math.min(1, Math.max(0, at(time))) }
}

/** The index of the last gap that begins before a time; -1 if there is none. */
function lastBefore(gaps: readonly Gap[], time: number): number {
  let [low, high] = [0, gaps.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((gaps[middle]?.from ?? 0) < time) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** What works: requests, tools and waits before a retry. Nothing works while a person is waited for. */
function spansOf(rows: readonly Row[], now: number): readonly Span[] {
  const spans: Span[] = []
  for (const { kind, name, from, to, status } of rows) {
    const works = kind === 'request' || kind === 'tool' || (kind === 'wait' && name !== 'no process')
    if (works && from !== undefined) spans.push({ from, to: Math.max(from, to ?? (status === 'open' ? now : from)) })
  }
  return spans
}

function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: { from: number; to: number }[] = []
  for (const { from, to } of [...spans].sort((left, right) => left.from - right.from)) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else merged.push({ from, to })
  }
  return merged
}
