import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { durationOf, isNotable, type Row } from '../src/viewer/model/row.ts'
import type { Gap, Scale } from '../src/viewer/model/scale.ts'
import { stepMoney, tokensOf, totalMoney } from '../src/viewer/model/totals.ts'
import { Bar } from './bar.ts'
import { formatCount, formatMoney, formatMs, formatTick } from './format.ts'
import { barWords, hintOf, shortName } from './row-words.ts'
import { store } from './store.ts'
import { Line } from './text.ts'

/** Rows above and below those that are seen. */
const spareRows = 6

/** The list of rows with their bars. Only rows that are seen are in the document. */
export function Waterfall(): VNode {
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800, rowHeight: 30 })
  const rows = store.visible.value
  const selected = store.selected.value
  const measure = (): void => {
    const element = scroller.current
    if (element === null) return
    const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row')) || 30
    setView({ top: element.scrollTop, height: element.clientHeight, rowHeight })
  }
  useLayoutEffect(() => {
    measure()
    addEventListener('resize', measure)
    return () => removeEventListener('resize', measure)
  }, [])
  useLayoutEffect(() => keepInView(scroller.current, selected === undefined ? -1 : rows.indexOf(selected), view.rowHeight), [selected])
  useLayoutEffect(() => {
    // While a run is watched from its end, new rows stay in view.
    const element = scroller.current
    if (element !== null && isFollowed() && view.top + view.height > element.scrollHeight - 4 * view.rowHeight) element.scrollTop = element.scrollHeight
  }, [rows.length])
  const first = Math.max(0, Math.floor(view.top / view.rowHeight) - spareRows)
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / view.rowHeight) + spareRows)
  return html`<section class="waterfall" aria-label="Timeline">
    <${Axis} />
    <div class="rows" role="tree" aria-label="Rows" tabindex="0" ref=${scroller} onScroll=${measure}
      aria-activedescendant=${selected === undefined ? undefined : `row-${selected.id}`}>
      <div class="all" style=${{ height: `${rows.length * view.rowHeight}px` }}>
        ${rows.slice(first, last).map((row, index) => html`<${RowLine} key=${row.id} row=${row} top=${(first + index) * view.rowHeight} />`)}
      </div>
      ${rows.length === 0 && html`<p class="nothing">${store.connection.value === 'reading' ? 'Reading …' : emptyWords()}</p>`}
    </div>
  </section>` as VNode
}

/** True while what is added to the run is shown as it comes. */
function isFollowed(): boolean {
  return store.connection.value === 'live' && store.listing.value?.setup.follow === true
}

function emptyWords(): string {
  if (store.matches.value !== undefined) return 'Nothing matches.'
  return store.connection.value === 'live' && store.listing.value?.setup.follow
    ? 'No events yet. They appear here as they are recorded.'
    : 'This file holds no events.'
}

function keepInView(element: HTMLElement | null, index: number, rowHeight: number): void {
  if (element === null || index < 0) return
  const top = index * rowHeight
  if (top < element.scrollTop) element.scrollTop = top
  else if (top + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = top + rowHeight - element.clientHeight
}

function Axis(): VNode {
  const scale = store.scale.value
  const isByStep = store.axis.value === 'step'
  const ticks = isByStep ? [] : ticksOf(scale)
  const left = (time: number): { readonly left: string } => ({ left: `${scale.at(time) * 100}%` })
  return html`<div class="axis" aria-hidden="true">
    <span class="head">${isByStep ? 'Each step on its own axis' : ''}</span>
    <span class="ticks">
      ${ticks.map((time) => html`<span class="tick" style=${left(time)}>${formatTick(time - scale.from)}</span>`)}
      ${
        !isByStep &&
        scale.gaps.map(
          (gap) => html`<span class="gap" title=${`${formatMs(gap.to - gap.from)} in which nothing worked`}
        style=${{ ...left(gap.from), width: `${(scale.at(gap.to) - scale.at(gap.from)) * 100}%` }}></span>`,
        )
      }
    </span>
    <span class="number">time</span><span class="number tokens">cache</span><span class="number cost">cost</span>
  </div>` as VNode
}

/** The least distance of two ticks, as a part of the axis. */
const leastDistance = 0.18
/** What a character of a tick takes of the shortest axis. */
const characterWidth = 0.035

/** Round times from the beginning, as many as there is room for. */
function ticksOf({ from, to, gaps, at }: Scale): readonly number[] {
  if (to <= from) return []
  const idleMs = gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0)
  const step = roundStep((to - from - idleMs) * leastDistance)
  const ticks: number[] = []
  let last = Number.NEGATIVE_INFINITY
  for (let time = from; time < to && ticks.length < 12; time += step) {
    // After a long gap, the axis counts from the moment at which work continues.
    const gap = gaps.find((each) => time > each.from && time < each.to)
    if (gap !== undefined) time = from + Math.ceil((gap.to - from) / step) * step
    const width = Math.max(leastDistance, formatTick(time - from).length * characterWidth)
    const isFree = at(time) >= last && at(time) <= 1 - width && !gaps.some((each) => covers(at(time), { from: at(each.from), to: at(each.to) }))
    if (!isFree) continue
    ticks.push(time)
    last = at(time) + width
  }
  return ticks
}

/** True if the label of a tick at this position would cover a gap. */
function covers(position: number, gap: Gap): boolean {
  return gap.to >= position && gap.from <= position + leastDistance
}

/** The smallest round length of time that is at least this long. */
function roundStep(ms: number): number {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000]
  return steps.find((step) => step >= ms) ?? Math.ceil(ms / 3_600_000) * 3_600_000
}

function RowLine({ row, top }: { readonly row: Row; readonly top: number }): VNode {
  const isSelected = store.selected.value === row
  const hasChildren = row.children.length > 0
  const isOpen = hasChildren && !store.isCollapsed(row)
  const duration = durationOf(row) ?? openFor(row)
  const marked = !isOpen && hasChildren && row.kind !== 'run' && hasNotable(row)
  const classes = ['row', row.kind, row.status, isSelected ? 'selected' : '', isNotable(row) ? 'notable' : ''].join(' ')
  return html`<div id=${`row-${row.id}`} class=${classes} style=${{ top: `${top}px` }} role="treeitem" aria-level=${row.level + 1} aria-selected=${isSelected}
    aria-expanded=${hasChildren ? isOpen : undefined} onClick=${() => store.select(row)}>
    <span class="name" style=${{ '--level': String(row.level) }}>
      ${
        hasChildren
          ? html`<button class="fold" tabindex="-1" aria-label=${isOpen ? 'Close' : 'Open'} onClick=${(event: Event) => {
              event.stopPropagation()
              store.toggle(row)
            }}>${isOpen ? '▾' : '▸'}</button>`
          : html`<span class="fold"></span>`
      }
      <span class="dot"></span>
      <b title=${row.name}><${Line} text=${shortName(row)} /></b>
      <small><${Line} text=${hintOf(row)} /></small>
      ${marked && html`<i class="inside" title="Something inside failed or changed"></i>`}
    </span>
    <span class="track" aria-label=${barWords(row, duration)}><${Bar} row=${row} /></span>
    <span class="number">${row.kind === 'edit' || row.kind === 'note' || row.status === 'refused' ? '' : formatMs(duration)}</span>
    <span class="number tokens"><${CacheBar} row=${row} /></span>
    <span class="number cost">${moneyWords(row)}</span>
  </div>` as VNode
}

/** How long a row that has no end yet is at work. */
function openFor({ status, from }: Row): number | undefined {
  const { lastAt } = store.model
  return status !== 'open' || from === undefined || lastAt === undefined ? undefined : lastAt - from
}

function hasNotable(row: Row): boolean {
  return row.children.some((child) => isNotable(child) || hasNotable(child))
}

function moneyWords(row: Row): string {
  const money = row.kind === 'step' ? stepMoney(row) : row.kind === 'run' ? totalMoney(row) : undefined
  return money === undefined ? '' : formatMoney(money.micros, '').trim()
}

/** The part of the input that the cache served. */
function CacheBar({ row }: { readonly row: Row }): VNode | undefined {
  if (row.kind !== 'step') return undefined
  const { inputTokens: input, cachedInputTokens: cached } = tokensOf(row) ?? {}
  if (input === undefined) return undefined
  const part = cached === undefined ? 0 : cached / Math.max(1, input)
  const words = cached === undefined ? `${formatCount(input)} input tokens` : `${formatCount(cached)} of ${formatCount(input)} input tokens from the cache`
  return html`<span class="cache" title=${words} aria-label=${words}><span style=${{ width: `${part * 100}%` }}></span></span>` as VNode
}
