import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { RunSummary } from '../src/viewer/lines.ts'
import { formatBytes, formatTime, plural } from './format.ts'
import { store } from './store.ts'
import { Line } from './text.ts'
import { nextTheme } from './theme.ts'

/** The runs of a folder. */
export function RunList(): VNode {
  const [query, setQuery] = useState('')
  const { runs, note, setup } = store.listing.value ?? { runs: [], setup: { title: '' } }
  const found = runs.filter((run) => `${run.agent ?? ''} ${run.runId} ${run.status ?? ''}`.toLowerCase().includes(query.toLowerCase()))
  return html`<div class="list">
    <header>
      <div class="title"><h1>${plural(runs.length, 'run')}</h1><span class="spacer"></span>
        <button class="icon" title="Colours (t)" aria-label="Light or dark" onClick=${nextTheme}>◐</button></div>
      <p class="path"><${Line} text=${setup.title} /></p>
      <div class="tools" role="search"><input id="search" type="search" placeholder="Search  /" aria-label="Search" value=${query}
        onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => setQuery(currentTarget.value)} /></div>
      ${note !== undefined && html`<p class="hint">${note}</p>`}
    </header>
    <main>
      ${runs.length === 0 && html`<p class="nothing">No traces here yet. To record one: <code>capstan run --trace ${'<folder>'} "question"</code></p>`}
      ${runs.length > 0 && found.length === 0 && html`<p class="nothing">Nothing matches.</p>`}
      <ul>${found.map((run) => html`<li key=${run.id}><${Item} run=${run} /></li>`)}</ul>
    </main>
  </div>` as VNode
}

function Item({ run }: { readonly run: RunSummary }): VNode {
  const { agent, runId, status, at, bytes, problem, source } = run
  return html`<a href=${`#run=${run.id}`} aria-disabled=${problem !== undefined} class=${problem === undefined ? '' : 'broken'}>
    <b><${Line} text=${agent ?? (problem === undefined ? source : decodeURIComponent(run.id))} /></b>
    <span class=${`pill ${pillOf(run)}`}>${problem === undefined ? (status ?? 'no end') : 'unreadable'}</span>
    <span class="id"><${Line} text=${problem ?? runId} /></span>
    <span class="meta">${[source === 'journal' ? 'journal' : '', bytes === undefined ? '' : formatBytes(bytes), formatTime(at)].filter((word) => word !== '').join(' · ')}</span>
  </a>` as VNode
}

function pillOf({ status, problem }: RunSummary): string {
  if (problem !== undefined) return 'failed'
  if (status === undefined) return 'cut'
  if (status === 'finished' || status === 'stop-condition') return 'ok'
  if (status === 'paused' || status === 'stopped' || status === 'outcome-unknown' || status === 'unfinished' || status === 'decided') return 'waiting'
  return status.startsWith('max-') || status === 'limit' || status === 'context-overflow' || status === 'repeated-calls' ? 'limit' : 'failed'
}
