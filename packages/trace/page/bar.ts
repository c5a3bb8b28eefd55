import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { eventOf, type Row } from '../src/viewer/model/row.ts'
import { store } from './store.ts'

/** The bar of a row on the axis of the run, or of its step. */
export function Bar({ row }: { readonly row: Row }): VNode | undefined {
  const place = placeOf()
  const span = spanOf(row)
  if (place === undefined || span === undefined) return undefined
  const at = place(row)
  const [left, right] = [at(span.from), at(span.to)]
  const parts = row.kind === 'request' ? requestParts(row, span, at) : []
  return html`<span class="bar" style=${{ left: percent(left), width: percent(Math.max(0, right - left)) }}>
    ${parts.map(({ name, from, to }) => html`<span class=${name} style=${{ left: inner(from, left, right), width: inner(to - from + left, left, right) }}></span>`)}
  </span>` as VNode
}

interface Span {
  readonly from: number
  readonly to: number
}

function spanOf({ from, to, status }: Row): Span | undefined {
  if (from === undefined) return undefined
  const end = to ?? (status === 'open' || status === 'waiting' ? store.scale.value.to : from)
  return { from, to: Math.max(from, end) }
}

/** Makes a position from 0 to 1 of a time, on the axis that the person chose. */
function placeOf(): ((row: Row) => (time: number) => number) | undefined {
  const scale = store.scale.value
  if (scale.to <= scale.from && scale.from === 0) return undefined
  if (store.axis.value === 'run') return () => scale.at
  return (row) => {
    const step = stepAround(row)
    const span = step === undefined ? undefined : spanOf(step)
    if (span === undefined) return scale.at
    const length = Math.max(1, span.to - span.from)
    return (time) => Math.min(1, Math.max(0, (time - span.from) / length))
  }
}

function stepAround(row: Row): Row | undefined {
  let current: Row | undefined = row
  while (current !== undefined && current.kind !== 'step') current = current.parent
  return current
}

/** Until the headers came, until the first content, and the stream. */
function requestParts(row: Row, span: Span, at: (time: number) => number): readonly { readonly name: string; readonly from: number; readonly to: number }[] {
  const first = row.exchange?.firstAt ?? firstDelta(row)
  if (first === undefined || first < span.from || first > span.to) return []
  return [{ name: 'before-first', from: at(span.from), to: at(first) }]
}

function firstDelta(row: Row): number | undefined {
  const times = (['reasoning-delta', 'text-delta', 'tool-call-delta'] as const).flatMap((type) => eventOf(row, type)?.at ?? [])
  return times.length === 0 ? undefined : Math.min(...times)
}

function inner(position: number, left: number, right: number): string {
  return percent(right === left ? 0 : (position - left) / (right - left))
}

function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`
}
