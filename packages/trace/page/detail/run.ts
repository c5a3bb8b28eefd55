import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { eventOf, isNotable, type Row } from '../../src/viewer/model/row.ts'
import { stepMoney, tokensOf } from '../../src/viewer/model/totals.ts'
import { formatCount, formatMoney } from '../format.ts'
import { hintOf, shortName, statusWord } from '../row-words.ts'
import { store } from '../store.ts'
import { Copy, Facts, Line, Section, Text } from '../text.ts'
import { Failure } from './failure.ts'

/** A run at a glance: its answer or error, what stands out, and what each step used. */
export function RunDetail({ row }: { readonly row: Row }): VNode {
  const end = row.status === 'open' ? undefined : eventOf(row, 'run-end')
  const failure = row.status === 'failed' ? eventOf(row, 'run-error') : undefined
  const rows = store.model.rows.filter(({ scope }) => scope.runId === row.scope.runId)
  const notable = rows.filter(isNotable)
  return html`<div>
    ${failure !== undefined && html`<${Failure} error=${failure.error} />`}
    ${row.status === 'cut' && html`<p class="failure" role="note">The record ends before the run did. Either it is still at work (open it with --follow), or its process was killed.</p>`}
    ${
      end !== undefined &&
      html`<${Section} title=${end.status === 'finished' ? 'Answer' : 'Text so far'} aside=${html`<${Copy} text=${end.text} />`}>
      ${end.text === '' ? html`<p class="nothing">None.</p>` : html`<${Text} text=${end.text} />`}
    </${Section}>`
    }
    <${Notable} rows=${notable} />
    <${Steps} row=${row} />
    <${Facts} facts=${[
      ['Run', row.scope.runId],
      ['Model', eventOf(row, 'run-start')?.model],
      ['Answered by', end?.agent],
      ['Without usage', (end?.usage.unknownAttempts ?? 0) > 0 ? `${end?.usage.unknownAttempts} requests never reported theirs` : undefined],
    ]} />
  </div>` as VNode
}

/** The most rows that are listed here. */
const maxNotable = 30

function Notable({ rows }: { readonly rows: readonly Row[] }): VNode {
  return html`<${Section} title="What stands out" aside=${rows.length === 0 ? undefined : String(rows.length)}>
    ${rows.length === 0 && html`<p class="nothing">Nothing failed, was tried again, refused or changed.</p>`}
    <ul class="notable-list">
      ${rows.slice(0, maxNotable).map(
        (row) => html`<li key=${row.id}><button onClick=${() => store.select(row)}>
        <span class=${`dot ${row.kind} ${row.status}`}></span><b><${Line} text=${shortName(row)} /></b>
        <span>${[row.status === 'ok' ? '' : statusWord(row), hintOf(row)].filter((word) => word !== '').join(' · ')}</span>
        <small>${row.step > 0 ? `step ${row.step}` : ''}</small>
      </button></li>`,
      )}
    </ul>
    ${rows.length > maxNotable && html`<p class="hint">${rows.length - maxNotable} more: the button Problems shows all of them.</p>`}
  </${Section}>` as VNode
}

/** Columns of the chart: with more steps, neighbours share one. */
const maxColumns = 60

interface Column {
  readonly row: Row
  readonly cached: number
  readonly fresh: number
  readonly output: number
}

/** What each step sent, how much of it the cache had, and what came back. */
function Steps({ row }: { readonly row: Row }): VNode | undefined {
  const steps = [...row.scope.steps.values()]
  const each = Math.ceil(steps.length / maxColumns)
  const columns = steps.filter((_, index) => index % each === 0).flatMap(columnOf)
  const most = Math.max(1, ...columns.map(({ cached, fresh, output }) => cached + fresh + output))
  if (columns.length === 0) return undefined
  const height = (tokens: number): string => `${(tokens / most) * 100}%`
  return html`<${Section} title="Tokens by step" aside=${each > 1 ? `every ${each}th step` : undefined}>
    <div class="chart">
      ${columns.map(
        (column) => html`<button key=${column.row.id} onClick=${() => store.select(column.row)} title=${columnWords(column)} aria-label=${columnWords(column)}>
        <span class="out" style=${{ height: height(column.output) }}></span>
        <span class="fresh" style=${{ height: height(column.fresh) }}></span>
        <span class="cached" style=${{ height: height(column.cached) }}></span>
      </button>`,
      )}
    </div>
    <p class="legend"><span class="cached">from the cache</span><span class="fresh">new input</span><span class="out">output</span><span class="spacer"></span>${formatCount(most)} at most</p>
  </${Section}>` as VNode
}

function columnOf(row: Row): readonly Column[] {
  const { inputTokens: input, cachedInputTokens: cached = 0, outputTokens: output = 0 } = tokensOf(row) ?? {}
  return input === undefined ? [] : [{ row, cached, fresh: Math.max(0, input - cached), output }]
}

function columnWords({ row, cached, fresh, output }: Column): string {
  const money = stepMoney(row)
  const cost = money === undefined ? '' : `, ${formatMoney(money.micros, money.currency)}`
  return `Step ${row.step}: ${formatCount(cached)} from the cache, ${formatCount(fresh)} new, ${formatCount(output)} output${cost}`
}
