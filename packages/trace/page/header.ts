import { html } from 'htm/preact'
import type { VNode } from 'preact'
import type { ReportContents } from '../src/viewer/lines.ts'
import type { Row } from '../src/viewer/model/row.ts'
import { totalMoney, totalTokens } from '../src/viewer/model/totals.ts'
import { formatCount, formatMoney, formatMs, formatPercent, plural } from './format.ts'
import { statusWord } from './row-words.ts'
import { store } from './store.ts'
import { Line } from './text.ts'
import { nextTheme } from './theme.ts'

/** What the run is, its state, and the search. */
export function Header(): VNode {
  const { roots, notes } = store.model
  const [root] = roots
  const listing = store.listing.value
  const hasList = (listing?.runs.length ?? 0) > 1
  return html`<header>
    <div class="title">
      ${hasList && html`<button class="back" aria-label="All runs" title="All runs" onClick=${() => store.leave()}>←</button>`}
      <h1><${Line} text=${titleOf(roots)} /></h1>
      ${root !== undefined && roots.length === 1 && !isReading(root) && html`<span class=${`pill ${root.status}`}>${statusWord(root)}</span>`}
      <${Connection} />
      <span class="spacer"></span>
      <button class="icon" title="Colours (t)" aria-label="Light or dark" onClick=${nextTheme}>◐</button>
      <button class="icon" title="Keys (?)" aria-label="Keys" onClick=${() => (store.isHelpOpen.value = true)}>?</button>
    </div>
    ${root !== undefined && html`<${Totals} roots=${roots} />`}
    ${listing?.contents !== undefined && html`<${Contents} contents=${listing.contents} />`}
    <${Tools} />
    ${notes.length > 0 && html`<ul class="notes" role="status">${notes.map((note) => html`<li><${Line} text=${note} /></li>`)}</ul>`}
  </header>` as VNode
}

/** What somebody passes on with this file. */
function Contents({ contents: { events, exchanges } }: { readonly contents: ReportContents }): VNode {
  const wire = exchanges === 0 ? '' : ` and ${plural(exchanges, 'exchange')} of HTTP with their bodies`
  return html`<p class="hint">This file holds one run: ${plural(events, 'event')}${wire}, with the contents of all messages, tool calls and results.</p>` as VNode
}

/** Until the file is read, an end may still come. */
function isReading({ status }: Row): boolean {
  return status === 'open' && store.connection.value !== 'ended' && store.listing.value?.setup.follow !== true
}

function titleOf(roots: readonly Row[]): string {
  if (roots.length > 1) return plural(roots.length, 'run')
  return roots[0]?.name ?? 'No events yet'
}

const connectionWords = {
  reading: 'reading …',
  live: 'live',
  lost: 'connection lost, trying again …',
  gone: 'connection lost: open the new address that the command printed',
} as const

function Connection(): VNode | undefined {
  const state = store.connection.value
  if (state === 'ended') return undefined
  // A file that is not followed is read once, from beginning to end.
  const shown = state === 'live' && store.listing.value?.setup.follow !== true ? 'reading' : state
  return html`<span class=${`connection ${shown}`} role="status">${connectionWords[shown]}</span>` as VNode
}

function Totals({ roots }: { readonly roots: readonly Row[] }): VNode {
  const rows = store.model.rows
  const tokens = roots.map(totalTokens)
  const sum = (name: 'inputTokens' | 'cachedInputTokens' | 'outputTokens'): number | undefined =>
    tokens.some((each) => each?.[name] !== undefined) ? tokens.reduce((total, each) => total + (each?.[name] ?? 0), 0) : undefined
  const [input, cached] = [sum('inputTokens'), sum('cachedInputTokens')]
  const { from, to } = store.scale.value
  const count = (kind: Row['kind']): number => rows.filter((row) => row.kind === kind).length
  const facts: readonly (readonly [string, string])[] = [
    ['Time', to > from ? formatMs(to - from) : '–'],
    ['Steps', formatCount(count('step'))],
    ['Requests', formatCount(count('request'))],
    ['Tool calls', formatCount(count('tool'))],
    ['Input', formatCount(input)],
    ['From cache', input === undefined || cached === undefined ? '–' : formatPercent(cached, input)],
    ['Output', formatCount(sum('outputTokens'))],
    ['Cost', costWords(roots)],
  ]
  return html`<dl class="totals">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>` as VNode
}

function costWords(roots: readonly Row[]): string {
  const amounts = roots.flatMap((root) => totalMoney(root) ?? [])
  const [first] = amounts
  if (first === undefined || amounts.some(({ currency }) => currency !== first.currency)) return '–'
  const isBound = amounts.some((money) => money.isBound)
  return `${isBound ? '≥ ' : ''}${formatMoney(
    amounts.reduce((total, { micros }) => total + micros, 0),
    first.currency,
  )}`
}

function Tools(): VNode {
  const matches = store.matches.value
  const scale = store.axis.value
  return html`<div class="tools" role="search">
    <input id="search" type="search" placeholder="Search  /" aria-label="Search" value=${store.query.value}
      onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => (store.query.value = currentTarget.value)} />
    ${matches !== undefined && html`<span class="count" role="status">${plural(matches.size, 'match', 'matches')}</span>`}
    <button aria-pressed=${store.isNotableOnly.value} title="Only what failed, was tried again, refused or changed (p)"
      onClick=${() => (store.isNotableOnly.value = !store.isNotableOnly.value)}>Problems</button>
    <button aria-pressed=${scale === 'step'} title="Each step on an axis of its own (z)" onClick=${() => store.switchAxis()}>By step</button>
  </div>` as VNode
}
