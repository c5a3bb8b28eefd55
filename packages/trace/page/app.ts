import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { Detail } from './detail.ts'
import { Header } from './header.ts'
import { Help } from './help.ts'
import { RunList } from './run-list.ts'
import { store } from './store.ts'
import { Waterfall } from './waterfall.ts'

/** The page: a list of runs, or one run. */
export function App(): VNode {
  if (store.failure.value !== '') return html`<main class="empty" role="alert"><h1>Nothing to show</h1><p>${store.failure.value}</p></main>` as VNode
  if (store.listing.value === undefined) return html`<main class="empty"><p>Reading …</p></main>` as VNode
  if (store.openId.value === '') return html`<${RunList} />` as VNode
  return html`<div class=${store.isDetailOpen.value ? 'shell detail-open' : 'shell'}>
    <${Header} />
    <div class="panes">
      <${Waterfall} />
      <${Detail} />
    </div>
    ${store.isHelpOpen.value && html`<${Help} />`}
  </div>` as VNode
}
