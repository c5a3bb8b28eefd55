import { html } from 'htm/preact'
import { render } from 'preact'
import { App } from './app.ts'
import { listenToKeys } from './keys.ts'
import { store } from './store.ts'

const app = document.querySelector('#app')
if (app !== null) render(html`<${App} />`, app)
listenToKeys()
addEventListener('hashchange', () => store.openFromHash())
void store.load()
