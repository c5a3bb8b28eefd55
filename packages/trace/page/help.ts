import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { store } from './store.ts'

const keys: readonly (readonly [string, string])[] = [
  ['↓ ↑ or j k', 'next row, row before'],
  ['→ ←', 'open, close; details, back'],
  ['n N', 'next, previous problem or match'],
  ['/', 'search'],
  ['p', 'problems only'],
  ['1 2 3 4', 'tabs of the details'],
  ['z', 'one axis for the run, or one for each step'],
  ['t', 'colours'],
  ['Esc', 'close, or end the search'],
]

/** The keys of the page. */
export function Help(): VNode {
  const close = (): void => {
    store.isHelpOpen.value = false
  }
  return html`<div class="help" role="dialog" aria-label="Keys" onClick=${close}><div>
    <h2>Keys</h2>
    <dl>${keys.map(([key, words]) => html`<div key=${key}><dt>${key}</dt><dd>${words}</dd></div>`)}</dl>
    <button onClick=${close}>Close</button>
  </div></div>` as VNode
}
